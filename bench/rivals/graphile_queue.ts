// Drains graphile-worker's tables with graphile-worker's own statements, taken from the library and run through our client.
import { runMigrations } from 'graphile-worker';
import { batchCompleteJobs } from '../../node_modules/graphile-worker/dist/sql/completeJobs.js';
import { batchGetJobs } from '../../node_modules/graphile-worker/dist/sql/getJobs.js';
import type { Sql } from '../../src/store/sql.ts';
import { measureServer, settle } from '../fixtures.ts';
import { type DrainOptions, type QueueShape, sampleOf } from './queue_shape.ts';

type Shared = Parameters<typeof batchGetJobs>[0];
type WithClient = Parameters<typeof batchGetJobs>[1];

/** The few of its compiled options that the two functions look at. */
const shared = {
  workerSchema: 'graphile_worker',
  escapedWorkerSchema: '"graphile_worker"',
  resolvedPreset: { worker: { preparedStatements: true, useNodeTime: false } },
  logger: console,
} as unknown as Shared;

const tasks = { deliver: () => undefined };

/** Its jobs carry two ids and no body; nothing is logged and no lane is kept fair. */
export function graphileQueue(sql: Sql, url: string): QueueShape {
  const withClient = clientOf(sql);
  return {
    name: "graphile-worker's SQL",
    async install() {
      await runMigrations({ connectionString: url, noHandleSignals: true } as Parameters<typeof runMigrations>[0]);
      await sql`insert into graphile_worker._private_tasks (identifier) values ('deliver') on conflict do nothing`;
    },
    async fill({ deliveries }) {
      await settle(sql, ['graphile_worker._private_jobs']);
      await sql`
        insert into graphile_worker._private_jobs (task_id, payload)
          select t.id, json_build_object('alert_id', n / 10, 'webhook_id', n % 100)
            from graphile_worker._private_tasks t, generate_series(1, ${deliveries}::integer) as n
           where t.identifier = 'deliver'`;
      // Without statistics its claim sorts the backlog; on a queue that is used autovacuum has made them.
      await sql`analyze graphile_worker._private_jobs`;
    },
    async drain(options) {
      const counts: number[] = [];
      const use = await measureServer(sql, async () => {
        const claimers = Array.from({ length: options.claimers }, (_, index) => claimer(withClient, options, index));
        counts.push(...(await Promise.all(claimers)));
      });
      const done = counts.reduce((sum, count) => sum + count, 0);
      return sampleOf('graphile-worker', use, done, options);
    },
  };
}

async function claimer(withClient: WithClient, options: DrainOptions, index: number): Promise<number> {
  const poolId = `pool-${index}`;
  let done = 0;
  for (;;) {
    const jobs = await batchGetJobs(shared, withClient, tasks, poolId, null, options.batch);
    if (jobs.length === 0) return done;
    await batchCompleteJobs(shared, withClient, poolId, jobs);
    done += jobs.length;
  }
}

/** Looks like a client of `pg` to the library, so that drivers do not differ. */
function clientOf(sql: Sql): WithClient {
  const client = {
    query: async ({ text, values }: { text: string; values: unknown[] }) => ({
      rows: await sql.unsafe(text, values as never[], { prepare: true }),
    }),
  };
  const run = (use: (its: typeof client) => unknown) => use(client);
  return Object.assign(run, { withRetries: run }) as unknown as WithClient;
}
