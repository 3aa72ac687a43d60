// BullMQ doing the same job, on Redis with its append-only file on.
// Usage: bun bench/rivals/bullmq.ts REDIS_PORT RECEIVER CONCURRENCY [DATABASE]: where that is given, attempts are logged there.
import { Worker } from 'bullmq';
import pg from 'pg';
import { insertAttempts } from './attempts.ts';
import { postSigned } from './post.ts';

const [port = '', receiver = '', concurrency = '', connectionString] = process.argv.slice(2);
const pool = connectionString === undefined ? undefined : new pg.Pool({ connectionString, max: 10 });
const worker = new Worker(
  'deliver',
  async ({ data: { n, body } }) => {
    const startedAt = performance.now();
    await postSigned(`${receiver}/${n % 100}`, `msg_${n}`, body);
    if (pool === undefined) return;
    const responseMs = Math.round(performance.now() - startedAt);
    await insertAttempts(pool, [{ jobId: n, webhookId: n % 100, attempt: 1, responseMs }]);
  },
  { connection: { host: '127.0.0.1', port: Number(port) }, concurrency: Number(concurrency) },
);
worker.on('error', (error) => console.error(error));
process.on('SIGTERM', async () => {
  await worker.close(true);
  process.exit(0);
});
await worker.waitUntilReady();
console.log('ready');
