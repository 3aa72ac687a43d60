// What `end_to_end` compares: how each contender's jobs are queued, its worker is started, and its work is checked.
import { Queue } from 'bullmq';
import { runMigrations } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import type { Sql } from '../../src/store/sql.ts';
import { type Child, startScript } from '../children.ts';
import { makeWebhooks, queueDeliveries, settle } from '../fixtures.ts';
import type { BenchDatabase } from '../place.ts';
import type { Redis } from '../redis.ts';
import { attemptsTable } from './attempts.ts';
import { makeBody } from './post.ts';

/** A queue and its worker. */
export type Sending = {
  name: string;
  /** Once; makes tables. */
  install(): Promise<void>;
  /** Queues so many deliveries; the worker is not running. */
  fill(count: number): Promise<void>;
  /** Starts the worker in its own process. */
  start(count: number): Promise<Child>;
  /** Throws unless everything is recorded; the worker has stopped. */
  check(count: number): Promise<void>;
  /** Closes what `install` opened. */
  close(): Promise<void>;
  /** How many wait or are at work, where no database can be asked. */
  waiting?(): Promise<number>;
};

const nothing = async () => undefined;
const lanes = { count: 100, fanOut: 10 };
const LOGGED = ', attempts logged';

/** The bare loop: no queue, the ceiling for all that send by Bun's fetch. */
export function bareLoop(receiver: string, inFlight: number): Sending {
  const start = (count: number) => startScript('rivals/bare_loop.ts', [receiver, String(count), String(inFlight)]);
  return {
    name: `bare loop, ${inFlight} in flight`,
    install: nothing,
    fill: nothing,
    start,
    check: nothing,
    close: nothing,
  };
}

export function tocsin({ url, sql }: BenchDatabase, receiver: string, concurrency: number, name = 'Tocsin'): Sending {
  let recordedBefore = 0;
  return {
    name,
    install: () => makeWebhooks(sql, { ...lanes, url: receiver }),
    async fill(count) {
      await settle(sql, ['tocsin_data.alert_delivery_queue', 'tocsin_data.alert_delivery_leases']);
      await queueDeliveries(sql, { ...lanes, deliveries: count });
      recordedBefore = await countRows(sql, 'tocsin_data.alert_delivery_log');
    },
    start: () => startScript('rivals/tocsin_worker.ts', [url, String(concurrency)]),
    async check(count) {
      expect(name, (await countRows(sql, 'tocsin_data.alert_delivery_log')) - recordedBefore, count);
      expect(`${name}, leases`, await countRows(sql, 'tocsin_data.alert_delivery_leases'), 0);
    },
    close: nothing,
  };
}

/** `isLogging`: writes a row for each attempt too, as Tocsin does. */
export function graphileWorker(db: BenchDatabase, receiver: string, concurrency: number, isLogging: boolean): Sending {
  const { url, sql } = db;
  const name = `graphile-worker${isLogging ? LOGGED : ''}`;
  return {
    name,
    async install() {
      await runMigrations({ connectionString: url, noHandleSignals: true } as Parameters<typeof runMigrations>[0]);
      await sql`insert into graphile_worker._private_tasks (identifier) values ('deliver') on conflict do nothing`;
      await sql.unsafe(attemptsTable);
    },
    async fill(count) {
      await settle(sql, ['graphile_worker._private_jobs']);
      await sql`
        insert into graphile_worker._private_jobs (task_id, payload)
          select t.id, json_build_object('n', n, 'body', ${makeBody(0)}::text)
            from graphile_worker._private_tasks t, generate_series(1, ${count}::integer) as n
           where t.identifier = 'deliver'`;
      await sql`analyze graphile_worker._private_jobs`;
    },
    start: () =>
      startScript('rivals/graphile_worker.ts', [url, receiver, String(concurrency), ...(isLogging ? ['log'] : [])]),
    check: async () => expect(name, await countRows(sql, 'graphile_worker._private_jobs'), 0),
    close: nothing,
  };
}

/** `isLogging`: as `graphileWorker`. */
export function pgBoss(
  { url, sql }: BenchDatabase,
  receiver: string,
  batch: number,
  concurrency: number,
  isLogging: boolean,
): Sending {
  const name = `pg-boss${isLogging ? LOGGED : ''}`;
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  return {
    name,
    async install() {
      await boss.start();
      await boss.createQueue('deliver');
      await sql.unsafe(attemptsTable);
    },
    async fill(count) {
      await sql`delete from pgboss.job`;
      await settle(sql, ['pgboss.job']);
      for (let from = 0; from < count; from += 5000)
        await boss.insert(
          'deliver',
          jobsFrom(from, Math.min(5000, count - from)).map((job) => ({ data: job })),
        );
      await sql`analyze pgboss.job`;
    },
    start: () =>
      startScript('rivals/pg_boss.ts', [
        url,
        receiver,
        String(batch),
        String(concurrency),
        ...(isLogging ? ['log'] : []),
      ]),
    async check() {
      const [left] = await sql<
        { n: number }[]
      >`select count(*)::integer as n from pgboss.job where state <> 'completed'`;
      // The batches that were in flight as it was stopped.
      if ((left?.n ?? 0) > batch * concurrency) throw new Error(`${name} left ${left?.n}.`);
    },
    close: () => boss.stop({ graceful: false }),
  };
}

/** `log`: the database in which it writes a row for each attempt, if it does. */
export function bullmq({ port }: Redis, receiver: string, concurrency: number, log?: BenchDatabase): Sending {
  const name = `BullMQ${log ? LOGGED : ''}`;
  const queue = new Queue('deliver', { connection: { host: '127.0.0.1', port } });
  return {
    name,
    async install() {
      await log?.sql.unsafe(attemptsTable);
    },
    async fill(count) {
      for (let from = 0; from < count; from += 1000) {
        const jobs = jobsFrom(from, Math.min(1000, count - from));
        await queue.addBulk(jobs.map((data) => ({ name: 'deliver', data, opts: { removeOnComplete: true } })));
      }
    },
    start: () =>
      startScript('rivals/bullmq.ts', [String(port), receiver, String(concurrency), ...(log ? [log.url] : [])]),
    async check() {
      const { wait = 0 } = await queue.getJobCounts('wait');
      expect(`${name}, waiting`, wait, 0);
      await queue.obliterate({ force: true });
    },
    close: () => queue.close(),
    async waiting() {
      const { wait = 0, active = 0 } = await queue.getJobCounts('wait', 'active');
      return wait + active;
    },
  };
}

function jobsFrom(from: number, count: number): { n: number; body: string }[] {
  return Array.from({ length: count }, (_, i) => ({ n: from + i + 1, body: makeBody(from + i + 1) }));
}

async function countRows(sql: Sql, table: string): Promise<number> {
  const [row] = await sql<{ n: number }[]>`select count(*) as n from ${sql(table)}`;
  return row?.n ?? 0;
}

function expect(what: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${what}: ${found} where there should be ${wanted}.`);
}
