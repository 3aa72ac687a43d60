// What nobody who sends by Bun's fetch can beat on this machine: a loop that signs and POSTs, with no queue at all.
// Usage: bun bench/rivals/bare_loop.ts RECEIVER COUNT IN_FLIGHT.
import { makeBody, postSigned } from './post.ts';

const [receiver = '', count = '', inFlight = ''] = process.argv.slice(2);
let next = 0;
console.log('ready');
await Promise.all(Array.from({ length: Number(inFlight) }, loop));
process.on('SIGTERM', () => process.exit(0));
setInterval(() => undefined, 60_000);

async function loop(): Promise<void> {
  while (next < Number(count)) {
    const n = ++next;
    await postSigned(`${receiver}/${n % 100}`, `msg_${n}`, makeBody(n));
  }
}
