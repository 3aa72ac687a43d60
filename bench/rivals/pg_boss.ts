// pg-boss doing the same job: batches, fetched again at once while they come back full, several at a time.
// Usage: bun bench/rivals/pg_boss.ts DATABASE RECEIVER BATCH CONCURRENCY [log].
import { PgBoss } from 'pg-boss';
import pg from 'pg';
import { type Attempt, insertAttempts } from './attempts.ts';
import { postSigned } from './post.ts';

type Job = { n: number; body: string };

const [connectionString = '', receiver = '', batch = '', concurrency = '', log] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 4 });
const boss = new PgBoss({ connectionString, max: 10 });
boss.on('error', (error) => console.error(error));
await boss.start();
const options = {
  batchSize: Number(batch),
  localConcurrency: Number(concurrency),
  pollingIntervalSeconds: 0.5,
  burstWhenBatchFull: true,
  // Else one delivery that fails would send its whole batch again.
  perJobResults: true,
} as const;
await boss.work<Job>('deliver', options, async (jobs) => {
  const attempts = await Promise.all(jobs.map(({ data }) => post(data).catch(() => undefined)));
  // A batch is in one hand here, so one statement logs it.
  if (log !== undefined)
    await insertAttempts(
      pool,
      attempts.filter((attempt) => attempt !== undefined),
    );
  return jobs.map(({ id }, i) => ({ id, status: attempts[i] === undefined ? 'failed' : 'completed' }));
});

async function post({ n, body }: Job): Promise<Attempt> {
  const startedAt = performance.now();
  await postSigned(`${receiver}/${n % 100}`, `msg_${n}`, body);
  return { jobId: n, webhookId: n % 100, attempt: 1, responseMs: Math.round(performance.now() - startedAt) };
}

process.on('SIGTERM', async () => {
  await boss.stop({ graceful: false });
  process.exit(0);
});
console.log('ready');
