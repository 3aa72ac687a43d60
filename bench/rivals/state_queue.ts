// Drains the plainest queue there is, a table with a state column, in the shape that River and Oban made common.
import type { Sql } from '../../src/store/sql.ts';
import { measureServer, settle } from '../fixtures.ts';
import { type DrainOptions, type QueueShape, sampleOf } from './queue_shape.ts';

/** Two ids and no body, as for the others; a done job stays in the table, which is its log. */
export function stateQueue(sql: Sql): QueueShape {
  return {
    name: 'state column',
    async install() {
      await sql`create schema bench_state`;
      await sql`create table bench_state.jobs (
        id bigint generated always as identity primary key, state text not null default 'available', alert_id bigint not null,
        webhook_id integer not null, queue text not null default 'default', priority smallint not null default 1,
        attempt smallint not null default 0, attempted_by text, created_at timestamptz not null default now(),
        scheduled_at timestamptz not null default now(), attempted_at timestamptz, finalized_at timestamptz)`;
      await sql`create index on bench_state.jobs (state, queue, priority, scheduled_at, id)`;
      await sql`create index on bench_state.jobs (state, finalized_at) where finalized_at is not null`;
    },
    async fill({ deliveries }) {
      await sql`truncate bench_state.jobs`;
      await settle(sql, ['bench_state.jobs']);
      await sql`insert into bench_state.jobs (alert_id, webhook_id)
        select n / 10, n % 100 from generate_series(1, ${deliveries}::integer) as n`;
      await sql`analyze bench_state.jobs`;
    },
    async drain(options) {
      const counts: number[] = [];
      const use = await measureServer(sql, async () => {
        counts.push(...(await Promise.all(Array.from({ length: options.claimers }, () => claimer(sql, options)))));
      });
      const done = counts.reduce((sum, count) => sum + count, 0);
      return sampleOf('state column', use, done, options);
    },
  };
}

async function claimer(sql: Sql, { batch }: DrainOptions): Promise<number> {
  let done = 0;
  for (;;) {
    const jobs = await sql<{ id: number }[]>`
      with locked as (
        select id from bench_state.jobs
         where state = 'available' and queue = 'default' and scheduled_at <= now()
         order by priority, scheduled_at, id limit ${batch} for update skip locked)
      update bench_state.jobs j
         set state = 'running', attempt = j.attempt + 1, attempted_at = now(), attempted_by = 'bench'
        from locked where j.id = locked.id
      returning j.*`;
    if (jobs.length === 0) return done;
    await sql`update bench_state.jobs set state = 'completed', finalized_at = now() where id = any(${jobs.map((job) => job.id)})`;
    done += jobs.length;
  }
}
