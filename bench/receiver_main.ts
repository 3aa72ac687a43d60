// The receiver of the benches, in a process of its own: counts deliveries by id, and how long each took since it was raised.
// Usage: bun bench/receiver_main.ts [--secret whsec_…]; prints its address.
import { parseArgs } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { IdCounter } from '../test/support/receiver_count.ts';

const { values } = parseArgs({ options: { secret: { type: 'string' } } });
const webhook = values.secret === undefined ? null : new Webhook(values.secret);

/** In the context of an alert: when it was raised, on the clock of `now()`. */
const MARK = '"sent_at":';

/** What is sent below these paths is not counted. */
const bad: Record<string, () => Response | Promise<Response>> = {
  hang: () => new Promise(() => undefined),
  fail: () => new Response(null, { status: 500 }),
  slow: () => Bun.sleep(20).then(() => new Response(null, { status: 204 })),
};

let ids = new IdCounter();
let unverified = 0;
let latenciesMs: number[] = [];
let firstAtMs = 0;
let lastAtMs = 0;
let waiting: { count: number; resolve: () => void } | undefined;

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  reusePort: false,
  idleTimeout: 255,
  fetch: (request) => (request.method === 'POST' ? receive(request) : report(new URL(request.url))),
});
console.log(server.url.origin);

async function receive(request: Request): Promise<Response> {
  const body = await request.text();
  const [, behaviour = ''] = new URL(request.url).pathname.split('/', 2);
  const answerBadly = bad[behaviour];
  if (answerBadly) return answerBadly();
  lastAtMs = now();
  if (ids.total === 0) firstAtMs = lastAtMs;
  ids.add(request.headers.get('webhook-id') ?? 'missing');
  const markAt = body.indexOf(MARK);
  if (markAt >= 0) latenciesMs.push(lastAtMs - Number.parseFloat(body.slice(markAt + MARK.length, markAt + 40)));
  if (webhook !== null && !isSigned(webhook, request, body)) unverified++;
  if (waiting !== undefined && ids.unique >= waiting.count) waiting.resolve();
  return new Response(null, { status: 204 });
}

/** Milliseconds since 1970 with fractions: the same clock in every process of the machine. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function isSigned(its: Webhook, request: Request, body: string): boolean {
  try {
    its.verify(body, Object.fromEntries(request.headers), { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

/**
 * `/wait?count=n&timeout_ms=t`: what has come, as soon as that many ids have, or the time is over · `/reset`: forgets all ·
 * `/latencies`: takes them out.
 */
async function report(url: URL): Promise<Response> {
  if (url.pathname === '/reset') {
    ids = new IdCounter();
    unverified = 0;
    latenciesMs = [];
    return new Response(null, { status: 204 });
  }
  if (url.pathname === '/latencies') {
    const taken = latenciesMs;
    latenciesMs = [];
    return Response.json(taken);
  }
  const count = Number(url.searchParams.get('count'));
  if (ids.unique < count) {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting = { count, resolve };
    const timer = setTimeout(resolve, Number(url.searchParams.get('timeout_ms')));
    await promise;
    clearTimeout(timer);
    waiting = undefined;
  }
  const { total, unique } = ids;
  return Response.json({ total, unique, unverified, seconds: (lastAtMs - firstAtMs) / 1000, latenciesMs });
}
