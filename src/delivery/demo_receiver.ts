// A small receiver for trying Tocsin out: verifies each message as a real receiver should, and prints one line about it.
import { type SignedHeaders, verify } from './sign.ts';

/** The public secret of the README's example webhook; worth nothing anywhere else. */
export const DEMO_SECRET = 'whsec_dG9jc2luLWRlbW8tcmVjZWl2ZXItc2VjcmV0LTAwMDE=';

/** Where the README's example webhook points. */
export const DEMO_PORT = 9000;

/** One request as it came; `verdict` is `verified` or says why the signature was refused. */
export type Received = { webhookId: string; verdict: ReturnType<typeof verify>; body: string };

export type DemoReceiver = { url: string; received: readonly Received[]; stop(): Promise<void> };

const BODY_BYTES_MAX = 1_048_576;
const RECEIVED_MAX = 1000;
const LINE_CHARACTERS_MAX = 200;

/**
 * Listens on loopback only, at `DEMO_PORT` or a port of choice (0 takes a free one), and answers 204 to what any of `secrets`
 * signed and 401 to the rest. Keeps the last 1,000 requests. Throws when the port is taken or a secret is none.
 */
export function startDemoReceiver(options: {
  port?: number;
  secrets?: readonly string[];
  log: (line: string) => void;
}): DemoReceiver {
  const secrets = options.secrets ?? [DEMO_SECRET];
  verify(secrets, { 'webhook-id': 'probe', 'webhook-timestamp': '0', 'webhook-signature': 'v1,' }, '', 0);
  const received: Received[] = [];
  const server = Bun.serve({
    port: options.port ?? DEMO_PORT,
    hostname: '127.0.0.1',
    reusePort: false,
    maxRequestBodySize: BODY_BYTES_MAX,
    async fetch(request) {
      if (request.method !== 'POST') return new Response('POST webhooks here.\n', { status: 405 });
      const message = await receive(request, secrets);
      received.push(message);
      if (received.length > RECEIVED_MAX) received.shift();
      options.log(lineOf(message));
      return new Response(null, { status: message.verdict === 'verified' ? 204 : 401 });
    },
  });
  return { url: server.url.href, received, stop: () => server.stop(true) };
}

async function receive(request: Request, secrets: readonly string[]): Promise<Received> {
  const body = await request.text();
  const headers: Partial<SignedHeaders> = {};
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const)
    headers[name] = request.headers.get(name) ?? '';
  const verdict = verify(secrets, headers, body, Math.floor(Date.now() / 1000));
  return { webhookId: headers['webhook-id'] ?? '', verdict, body };
}

function lineOf({ webhookId, verdict, body }: Received): string {
  const time = new Date().toISOString().slice(11, 19);
  if (verdict !== 'verified') return plain(`${time}  refused: ${verdict}  (webhook-id ${webhookId || 'missing'})`);
  const { type, severity, message } = readMessage(body);
  return plain(`${time}  verified  ${type}  ${severity}  ${message}  (webhook-id ${webhookId})`);
}

function readMessage(body: string): { type: string; severity: string; message: string } {
  try {
    const read = JSON.parse(body) as { type?: unknown; data?: { severity?: unknown; message?: unknown } };
    const { severity, message } = read.data ?? {};
    return { type: String(read.type ?? '-'), severity: String(severity ?? '-'), message: String(message ?? body) };
  } catch {
    return { type: '-', severity: '-', message: body };
  }
}

/** What came over the network must not steer the terminal that it is printed on. */
function plain(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').slice(0, LINE_CHARACTERS_MAX);
}
