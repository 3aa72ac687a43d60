// BullMQ with nothing to do per job, on Redis with its append-only file on.
// Usage: bun bench/rivals/bullmq_loop.ts REDIS_PORT CONCURRENCY.
import { Worker } from 'bullmq';
import { sayFirst } from './first.ts';

const [port = '', concurrency = ''] = process.argv.slice(2);
const worker = new Worker('deliver', async () => sayFirst(), {
  connection: { host: '127.0.0.1', port: Number(port) },
  concurrency: Number(concurrency),
});
worker.on('error', (error) => console.error(error));
process.on('SIGTERM', async () => {
  await worker.close(true);
  process.exit(0);
});
