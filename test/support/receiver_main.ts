// A receiver in a process of its own, for benches and for tests that kill the sender: counts what comes, by webhook-id.
// Usage: bun test/support/receiver_main.ts [--port 0] [--secret whsec_…] [--delay-ms 0] [--status 204]; prints its URL.
import { parseArgs } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { IdCounter } from './receiver_count.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    secret: { type: 'string' },
    'delay-ms': { type: 'string', default: '0' },
    status: { type: 'string', default: '204' },
  },
});

const webhook = values.secret === undefined ? null : new Webhook(values.secret);
const delayMs = Number(values['delay-ms']);
let status = Number(values.status);
/** Requests that get no answer: their senders give up. */
let isHanging = false;
let ids = new IdCounter();
/** Ids in the order in which they came first, of the paths below `/ordered/`. */
let orders = new Map<string, Set<string>>();
let unverified = 0;
let firstAtMs: number | null = null;
let lastAtMs: number | null = null;

const server = Bun.serve({
  port: Number(values.port),
  hostname: '127.0.0.1',
  reusePort: false,
  fetch: (request) => (request.method === 'POST' ? receive(request) : report(new URL(request.url))),
});

// The starter reads this one line to learn the port.
console.log(server.url.origin);

async function receive(request: Request): Promise<Response> {
  const body = await request.text();
  lastAtMs = Date.now();
  firstAtMs ??= lastAtMs;
  const id = request.headers.get('webhook-id') ?? 'missing';
  ids.add(id);
  keepOrder(new URL(request.url).pathname, id);
  if (webhook !== null && !isSigned(webhook, request, body)) unverified++;
  if (delayMs > 0) await Bun.sleep(delayMs);
  if (isHanging) await new Promise(() => undefined);
  return new Response(null, { status });
}

function keepOrder(path: string, id: string): void {
  if (!path.startsWith('/ordered/')) return;
  const order = orders.get(path) ?? new Set();
  orders.set(path, order.add(id));
}

function isSigned(webhook: Webhook, request: Request, body: string): boolean {
  try {
    webhook.verify(body, Object.fromEntries(request.headers), { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

/**
 * `/_stats`: counts · `/_ids`: one `id count` per line · `/_orders`: ids by path, in order · `/_reset`: forgets all ·
 * `/_behave?status=503&hang=1`: what it does from now on.
 */
function report({ pathname: path, searchParams }: URL): Response {
  if (path === '/_behave') {
    status = Number(searchParams.get('status'));
    isHanging = searchParams.get('hang') === '1';
    return new Response(null, { status: 204 });
  }
  if (path === '/_stats') {
    const { total, unique } = ids;
    const times = { first_at_ms: firstAtMs, last_at_ms: lastAtMs };
    return Response.json({ total, unique, duplicates: total - unique, unverified, ...times });
  }
  if (path === '/_ids') return new Response(listIds());
  if (path === '/_orders')
    return Response.json(Object.fromEntries([...orders].map(([key, order]) => [key, [...order]])));
  if (path !== '/_reset') return new Response(null, { status: 404 });
  ids = new IdCounter();
  orders = new Map();
  unverified = 0;
  firstAtMs = lastAtMs = null;
  return new Response(null, { status: 204 });
}

function listIds(): ReadableStream<Uint8Array> {
  const entries = ids.entries();
  return new ReadableStream({
    pull(stream) {
      let text = '';
      for (let i = 0; i < 10_000; i++) {
        const { done, value } = entries.next();
        if (done) {
          if (text !== '') stream.enqueue(Buffer.from(text));
          return stream.close();
        }
        text += `${value[0]} ${value[1]}\n`;
      }
      stream.enqueue(Buffer.from(text));
    },
  });
}
