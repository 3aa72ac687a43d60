// graphile-worker doing the same job, with the settings of its performance page.
// Usage: bun bench/rivals/graphile_worker.ts DATABASE RECEIVER CONCURRENCY [log].
import { Logger, run } from 'graphile-worker';
import pg from 'pg';
import { insertAttempts } from './attempts.ts';
import { postSigned } from './post.ts';

const [connectionString = '', receiver = '', concurrency = '', log] = process.argv.slice(2);
const concurrentJobs = Number(concurrency);
const pgPool = new pg.Pool({ connectionString, max: Math.min(25, concurrentJobs + 1) });
// Without listeners the library says so on every start.
pgPool.on('error', () => undefined);
pgPool.on('connect', () => undefined);

const runner = await run({
  preset: {
    worker: {
      concurrentJobs,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
      logger: new Logger(() => () => undefined),
    },
  },
  pgPool,
  noHandleSignals: true,
  taskList: {
    async deliver(payload, { job, withPgClient }) {
      const { n, body } = payload as { n: number; body: string };
      const startedAt = performance.now();
      await postSigned(`${receiver}/${n % 100}`, `msg_${n}`, body);
      if (log === undefined) return;
      const responseMs = Math.round(performance.now() - startedAt);
      const attempt = { jobId: Number(job.id), webhookId: n % 100, attempt: job.attempts, responseMs };
      await withPgClient((client) => insertAttempts(client, [attempt]));
    },
  },
} as Parameters<typeof run>[0]);
process.on('SIGTERM', async () => {
  await runner.stop();
  process.exit(0);
});
console.log('ready');
