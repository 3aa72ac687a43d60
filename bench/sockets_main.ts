// Many watchers of the live socket in one process: counts what they are told, and how long after it was said.
// Usage: bun bench/sockets_main.ts URL COUNT; prints its own URL when all watch. GET /reset, GET /wait?count=N&timeout_ms=M.
import { setTimeout as sleep } from 'node:timers/promises';

const [url = '', count = '0'] = process.argv.slice(2);
const AT_ONCE = 50;
/** Latencies are kept as counts of tenths of a millisecond, up to ten seconds. */
const SLOTS = 100_000;

let total = 0;
let fanOut = new Uint32Array(SLOTS);
let whole = new Uint32Array(SLOTS);
/** When the newest messages were said and raised; undefined for what is no alert. The same text goes to all: it is read once. */
const read = new Map<string, { saidAt: number; raisedAt: number } | undefined>();
const READ_MAX = 1_000;

function receive(text: string): void {
  if (!read.has(text)) {
    if (read.size >= READ_MAX) read.clear();
    const { type, timestamp, message } = JSON.parse(text) as { type: string; timestamp: string; message: string };
    read.set(text, type === 'alert_new' ? { saidAt: Date.parse(timestamp), raisedAt: Number(message) } : undefined);
  }
  const times = read.get(text);
  if (times === undefined) return;
  const now = performance.timeOrigin + performance.now();
  note(fanOut, now - times.saidAt);
  note(whole, now - times.raisedAt);
  total++;
}

function note(slots: Uint32Array, ms: number): void {
  const slot = Math.min(SLOTS - 1, Math.max(0, Math.round(ms * 10)));
  (slots[slot] as number)++;
}

/** The slots that are not empty, as pairs of a slot and its count. */
function filled(slots: Uint32Array): [number, number][] {
  return [...slots.entries()].filter(([, n]) => n > 0);
}

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send('{"action":"subscribe","types":["alerts"]}');
    socket.onmessage = () => {
      socket.onmessage = ({ data }) => receive(data as string);
      resolve();
    };
    socket.onclose = ({ code }) => reject(new Error(`A socket ended with ${code}.`));
  });
}

for (let opened = 0; opened < Number(count); opened += AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, Number(count) - opened) }, open));
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/reset') {
      total = 0;
      fanOut = new Uint32Array(SLOTS);
      whole = new Uint32Array(SLOTS);
      return new Response('ok');
    }
    const until = performance.now() + Number(searchParams.get('timeout_ms'));
    while (total < Number(searchParams.get('count')) && performance.now() < until) await sleep(20);
    return Response.json({ total, fan_out: filled(fanOut), whole: filled(whole) });
  },
});
console.log(server.url.origin);
