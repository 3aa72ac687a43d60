// graphile-worker with nothing to do per job, with the settings of its performance page.
// Usage: bun bench/rivals/graphile_loop.ts DATABASE CONCURRENCY.
import { Logger, run } from 'graphile-worker';
import pg from 'pg';
import { sayFirst } from './first.ts';

const [connectionString = '', concurrency = ''] = process.argv.slice(2);
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
  taskList: { deliver: () => sayFirst() },
} as unknown as Parameters<typeof run>[0]);
process.on('SIGTERM', async () => {
  await runner.stop();
  process.exit(0);
});
