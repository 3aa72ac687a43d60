// pg-boss doing the same job: batches, fetched again at once while they come back full, several at a time.
// Usage: bun bench/rivals/pg_boss.ts DATABASE RECEIVER BATCH CONCURRENCY.
import { PgBoss } from 'pg-boss';
import { postSigned } from './post.ts';

type Job = { n: number; body: string };

const [connectionString = '', receiver = '', batch = '', concurrency = ''] = process.argv.slice(2);
const boss = new PgBoss({ connectionString, max: 10 });
boss.on('error', (error) => console.error(error));
await boss.start();
const options = {
  batchSize: Number(batch),
  localConcurrency: Number(concurrency),
  pollingIntervalSeconds: 0.5,
  burstWhenBatchFull: true,
};
await boss.work<Job>('deliver', options, async (jobs) => {
  await Promise.all(jobs.map(({ data: { n, body } }) => postSigned(`${receiver}/${n % 100}`, `msg_${n}`, body)));
});
process.on('SIGTERM', async () => {
  await boss.stop({ graceful: false });
  process.exit(0);
});
console.log('ready');
