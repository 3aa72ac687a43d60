// Makes one POST to one pinned address within a deadline, and says what came of it; it never throws.
import packageJson from '../../package.json' with { type: 'json' };
import type { Refusal, Target } from './address.ts';
import { readExcerpt } from './answer_body.ts';
import { keptHeaders } from './answer_headers.ts';
import { readRetryAfter } from './retry_after.ts';
import { failureOf, isUnconnected, lateFailure, malformedAnswer, type SendFailure } from './send_error.ts';
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

type Reply = { statusCode: number; bodyText: string | null; retryAfterSeconds: number | null };
type Deadline = { signal: AbortSignal; isAnswering: boolean };

const USER_AGENT = `Tocsin/${packageJson.version}`;

const RESERVED_HEADERS = new Set(
  `host user-agent content-type content-length content-encoding accept-encoding transfer-encoding connection keep-alive te
  trailer upgrade expect`.split(/\s+/),
);

/**
 * Redirects are answers like any other, and none is followed. Connections are kept alive per address, name and TLS setting.
 * Bun makes at most BUN_CONFIG_MAX_HTTP_REQUESTS (256) requests at a time in one process and reads that variable only as it
 * starts; those beyond it wait, with their deadline running. It keeps at most 64 idle connections.
 */
export async function send(request: SendRequest): Promise<SendResult> {
  const { target, timeoutMs } = request;
  if (!target.ok) return { kind: 'address', ms: 0, error: target.reason };
  const startedAt = performance.now();
  // A timer that is cleared costs 3 % of a request; AbortSignal.timeout would stay in memory until it fires.
  const controller = new AbortController();
  const timer = setTimeout(abort, timeoutMs, controller);
  const deadline = { signal: controller.signal, isAnswering: false };
  let result = await attempt(request, target, target.address, deadline);
  for (let i = 1; 'error' in result && isUnconnected(result) && i < target.addresses.length; i++)
    result = await attempt(request, target, target.addresses[i] as string, deadline);
  clearTimeout(timer);
  const ms = Math.round(performance.now() - startedAt);
  return 'error' in result ? { kind: result.kind, ms, error: result.error } : { kind: 'response', ms, ...result };
}

function abort(controller: AbortController): void {
  controller.abort();
}

async function attempt(
  request: SendRequest,
  target: Target,
  address: string,
  deadline: Deadline,
): Promise<Reply | SendFailure> {
  try {
    const response = await fetch(pinnedUrl(target, address), optionsOf(request, target, deadline.signal));
    deadline.isAnswering = true;
    const retryAfterSeconds = readRetryAfter(response.headers.get('retry-after'), Date.now());
    const bodyText = await readExcerpt(response);
    const statusCode = response.status;
    if (!response.ok && request.onFailure !== undefined) noteHeaders(response, request.onFailure);
    return statusCode < 100 || statusCode > 599 ? malformedAnswer() : { statusCode, bodyText, retryAfterSeconds };
  } catch (thrown) {
    return deadline.signal.aborted ? lateFailure(request.timeoutMs, deadline.isAnswering) : failureOf(thrown);
  }
}

function noteHeaders({ headers }: Response, onFailure: (headers: Record<string, string>) => void): void {
  const kept = keptHeaders(headers);
  if (kept !== undefined) onFailure(kept);
}

function pinnedUrl(target: Target, address: string): string {
  const host = address.includes(':') ? `[${address}]` : address;
  const port = target.port === '' ? '' : `:${target.port}`;
  return `${target.isTls ? 'https' : 'http'}://${host}${port}${target.pathAndQuery}`;
}

function optionsOf(request: SendRequest, target: Target, signal: AbortSignal): BunFetchRequestInit {
  return {
    method: 'POST',
    body: request.body,
    headers: headersOf(request, target.host),
    redirect: 'manual',
    decompress: false,
    // A proxy of the environment would undo the pinning; Bun ignores it only for `false`, which its types do not know.
    proxy: false as never,
    signal,
    ...(target.isTls ? { tls: tlsOf(request, target.hostname) } : undefined),
  };
}

function headersOf(request: SendRequest, host: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.customHeaders ?? {}))
    if (!isReserved(name.toLowerCase(), request.traceparent !== undefined)) headers[name] = value;
  headers.host = host;
  headers['content-type'] = 'application/json';
  headers['user-agent'] = USER_AGENT;
  headers['accept-encoding'] = 'identity';
  headers['webhook-id'] = request.signedHeaders['webhook-id'];
  headers['webhook-timestamp'] = request.signedHeaders['webhook-timestamp'];
  headers['webhook-signature'] = request.signedHeaders['webhook-signature'];
  if (request.traceparent !== undefined) headers.traceparent = request.traceparent;
  return headers;
}

/** Headers that the message, its trace or the connection depends on. */
function isReserved(name: string, isTraced: boolean): boolean {
  if (name === 'traceparent') return isTraced;
  return RESERVED_HEADERS.has(name) || name.startsWith('webhook-') || name.startsWith('proxy-');
}

function tlsOf(request: SendRequest, hostname: string): BunFetchRequestInitTLS {
  const tls: BunFetchRequestInitTLS = { rejectUnauthorized: request.isTlsVerified };
  // The certificate of a name is verified for the name; an IP address has no SNI and is verified as itself.
  if (!/^[\d.]+$|:/.test(hostname)) tls.serverName = hostname.replace(/\.$/, '');
  if (request.ca !== undefined) tls.ca = request.ca;
  return tls;
}
