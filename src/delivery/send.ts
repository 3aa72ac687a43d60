// Makes one POST to one pinned address within a deadline, and says what came of it; it never throws.
import packageJson from '../../package.json' with { type: 'json' };
import type { Refusal, Target } from './address.ts';
import type { Answer, AnswerFields } from './answer.ts';
import { readExcerpt } from './answer_body.ts';
import { keptHeaders } from './answer_headers.ts';
import type { Connection, Route } from './connection.ts';
import { Connections } from './connections.ts';
import { readRetryAfter } from './retry_after.ts';
import { closedUnheard, invalidRequest, isUnsent, type SendFailure } from './send_error.ts';
import type { SignedHeaders } from './sign.ts';

/** One message, signed, and where it goes. */
export type SendRequest = {
  target: Target | Refusal;
  /** The exact text that was signed. */
  body: string;
  signedHeaders: SignedHeaders;
  /** The header of that name, where the alert belongs to a trace. */
  traceparent?: string | undefined;
  /** The webhook's own headers; those that the message or the connection depends on are left out. */
  customHeaders?: Readonly<Record<string, string>> | null;
  /** For everything: connecting, sending, the status and the body of the answer. */
  timeoutMs: number;
  /** The webhook's `ssl_verify`: false accepts any certificate. */
  isTlsVerified: boolean;
  /** Called with what is kept of the headers of an answer that is no success. */
  onFailure?: ((headers: Record<string, string>) => void) | undefined;
  /** PEM of the only authority to trust, in place of the system's. */
  ca?: string;
};

/** What came of it. `error` is a stable code and plain words; `ms` is whole milliseconds. `address`: it was not called at all. */
export type SendResult =
  | { kind: 'response'; statusCode: number; ms: number; bodyText: string | null; retryAfterSeconds: number | null }
  | { kind: 'timeout' | 'connection' | 'tls' | 'address'; ms: number; error: string };

const USER_AGENT = `Tocsin/${packageJson.version}`;

const RESERVED_HEADERS = new Set(
  `host user-agent content-type content-length content-encoding accept-encoding transfer-encoding connection keep-alive te
  trailer upgrade expect`.split(/\s+/),
);

/** A name of a header by RFC 9110. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** What a value may hold: no control characters, and nothing that a byte cannot. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const connections = new Connections();

/**
 * Redirects are answers like any other, and none is followed; no proxy of the environment is used, for it would undo the
 * pinning. Connections are kept alive per address, name and TLS setting, and there are as many as there are requests under way.
 * A deadline is kept within 20 ms. A request that met a kept connection as it ended is sent once more over a new one: receivers
 * know by `webhook-id` what they have seen.
 */
export async function send(request: SendRequest): Promise<SendResult> {
  const { target } = request;
  if (!target.ok) return { kind: 'address', ms: 0, error: target.reason };
  const message = messageOf(request, target);
  if (message === undefined) return { ...invalidRequest(), ms: 0 };
  const startedAt = performance.now();
  const deadlineMs = startedAt + request.timeoutMs;
  const kept = takeKept(request, target, startedAt);
  let came = kept === undefined ? closedUnheard() : await exchange(kept, message, deadlineMs, request);
  for (let left = target.addresses.length; left > 0 && 'error' in came && isUnsent(came); left--) {
    const address = target.addresses.at(-left) as string;
    const opened = connections.open(keyOf(request, target, address), routeOf(request, target, address));
    // An address that leaves a connection hanging may take half of the time that is left, unless there is no other.
    const connectByMs = left === 1 ? deadlineMs : (performance.now() + deadlineMs) / 2;
    came = await exchange(opened, message, deadlineMs, request, connectByMs);
  }
  const ms = Math.round(performance.now() - startedAt);
  if ('error' in came) return { kind: came.kind, ms, error: came.error };
  const { statusCode, fields } = came;
  if ((statusCode < 200 || statusCode > 299) && request.onFailure !== undefined) noteFields(fields, request.onFailure);
  const excerpt = readExcerpt(came);
  return {
    kind: 'response',
    statusCode,
    ms,
    bodyText: excerpt instanceof Promise ? await excerpt : excerpt,
    retryAfterSeconds: readRetryAfter(fields.get('retry-after') ?? null, Date.now()),
  };
}

/** Whichever of the addresses it leads to: one that answered a moment ago is better than one that may not. */
function takeKept(request: SendRequest, target: Target, nowMs: number): Connection | undefined {
  for (const address of target.addresses) {
    const kept = connections.take(keyOf(request, target, address), nowMs);
    if (kept !== undefined) return kept;
  }
  return undefined;
}

function exchange(
  connection: Connection,
  message: string | Buffer,
  deadlineMs: number,
  { timeoutMs }: SendRequest,
  connectByMs = deadlineMs,
): Promise<Answer | SendFailure> {
  return connections.exchange(connection, message, { deadlineMs, connectByMs, timeoutMs });
}

function noteFields(fields: AnswerFields, onFailure: (headers: Record<string, string>) => void): void {
  const kept = keptHeaders(fields);
  if (kept !== undefined) onFailure(kept);
}

/** Requests of the same key may share a connection. */
function keyOf(request: SendRequest, target: Target, address: string): string {
  const { hostname, port, isTls } = target;
  if (!isTls) return `${address} ${port} ${hostname}`;
  return `${address} ${port} ${hostname} ${request.isTlsVerified ? 'verified' : 'any'} ${request.ca ?? ''}`;
}

function routeOf(request: SendRequest, { hostname, port, isTls }: Target, address: string): Route {
  if (!isTls) return { address, port: Number(port || 80), tls: undefined };
  const isIp = /^[\d.]+$|:/.test(hostname);
  const tls = { name: hostname.replace(/\.$/, ''), isIp, isVerified: request.isTlsVerified, ca: request.ca };
  return { address, port: Number(port || 443), tls };
}

/** The whole request; undefined when a custom header cannot be part of one. */
function messageOf(request: SendRequest, target: Target): string | Buffer | undefined {
  const { body, signedHeaders, traceparent, customHeaders } = request;
  let custom = '';
  let isAccepting = true;
  for (const name in customHeaders) {
    const lower = name.toLowerCase();
    if (isReserved(lower, traceparent !== undefined)) continue;
    const value = String(customHeaders[name]).trim();
    if (!NAME.test(name) || !VALUE.test(value)) return undefined;
    if (lower === 'accept') isAccepting = false;
    custom += `${name}: ${value}\r\n`;
  }
  if (traceparent !== undefined) custom += `traceparent: ${traceparent}\r\n`;
  if (isAccepting) custom += 'accept: */*\r\n';
  const head =
    `POST ${target.pathAndQuery} HTTP/1.1\r\nhost: ${target.host}\r\nconnection: keep-alive\r\n` +
    `user-agent: ${USER_AGENT}\r\naccept-encoding: identity\r\ncontent-type: application/json\r\n` +
    `webhook-id: ${signedHeaders['webhook-id']}\r\nwebhook-timestamp: ${signedHeaders['webhook-timestamp']}\r\n` +
    `webhook-signature: ${signedHeaders['webhook-signature']}\r\n${custom}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  // Bytes beyond ASCII are sent as they are in a header, as UTF-8 in the body.
  return /[^\0-\x7f]/.test(custom) ? Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]) : head + body;
}

/** Headers that the message, its trace or the connection depends on. */
function isReserved(name: string, isTraced: boolean): boolean {
  if (name === 'traceparent') return isTraced;
  return RESERVED_HEADERS.has(name) || name.startsWith('webhook-') || name.startsWith('proxy-');
}
