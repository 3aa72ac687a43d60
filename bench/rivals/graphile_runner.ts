// Runs graphile-worker with the settings of its performance page, until the process is asked to stop.
import { Logger, run } from 'graphile-worker';
import pg from 'pg';

type Options = Parameters<typeof run>[0];

/** `deliver` is called for each job; resolves when the worker has started. */
export async function runGraphile(
  connectionString: string,
  concurrentJobs: number,
  deliver: NonNullable<Options['taskList']>[string],
): Promise<void> {
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
    taskList: { deliver },
  } as Options);
  process.on('SIGTERM', async () => {
    await runner.stop();
    process.exit(0);
  });
}
