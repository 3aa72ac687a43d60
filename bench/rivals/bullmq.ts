// BullMQ doing the same job, on Redis with its append-only file on.
// Usage: bun bench/rivals/bullmq.ts REDIS_PORT RECEIVER CONCURRENCY.
import { Worker } from 'bullmq';
import { postSigned } from './post.ts';

const [port = '', receiver = '', concurrency = ''] = process.argv.slice(2);
const worker = new Worker(
  'deliver',
  async ({ data: { n, body } }) => postSigned(`${receiver}/${n % 100}`, `msg_${n}`, body),
  { connection: { host: '127.0.0.1', port: Number(port) }, concurrency: Number(concurrency) },
);
worker.on('error', (error) => console.error(error));
process.on('SIGTERM', async () => {
  await worker.close(true);
  process.exit(0);
});
await worker.waitUntilReady();
console.log('ready');
