// Bare ioredis that gets one value again and again, so many at a time. Usage: bun bench/rivals/bare_redis.ts PORT FILE.
import { Redis } from 'ioredis';
import { serveRuns } from '../http/runner.ts';
import { loop } from '../http/timings.ts';

const [port = '', file = ''] = process.argv.slice(2);
const redis = new Redis(Number(port));
await redis.set('bench', Buffer.from(await Bun.file(file).bytes()));
serveRuns<{ inFlight: number; ms: number; warmMs: number }>(({ inFlight, ms, warmMs }) =>
  loop(() => redis.getBuffer('bench'), inFlight, ms, warmMs),
);
