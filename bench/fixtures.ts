// Makes what the benches work on: webhooks that match in groups, and alerts that queue a known number of deliveries.
import { readFileSync } from 'node:fs';
import type { Sql } from '../src/store/sql.ts';

/** The secret of every webhook of a bench; not sealed, as nobody but the bench reads it. */
export const benchSecret = 'whsec_dG9jc2luLWJlbmNoLXJlY2VpdmVyLXNlY3JldC0wMDE=';

export type WebhookOptions = {
  count: number;
  /** Webhooks that one alert matches. */
  fanOut: number;
  /** Where they lead; each has a path of its own below. */
  url?: string;
  /** What the events begin with, before the group's number; `bench.g` by default. */
  event?: string;
};

/**
 * Makes webhooks in groups of `fanOut`: group 7 takes the event `bench.g7`. No webhook is held back by its own limits. They go
 * straight into the tables: making them is not what is measured.
 */
export async function makeWebhooks(sql: Sql, options: WebhookOptions): Promise<void> {
  const { count, fanOut, url = 'http://127.0.0.1:9', event = 'bench.g' } = options;
  await sql`
    with made as (
      insert into tocsin_data.webhooks (tenant_id, name, url, events, max_in_flight)
        select 1, 'bench ' || n, ${url}::text || '/' || n, array[${event}::text || n / ${fanOut}::integer], 1000
          from generate_series(0, ${count - 1}::integer) as n
      returning webhook_id)
    insert into tocsin_data.webhook_secrets (tenant_id, webhook_id, secret_sealed)
      select 1, webhook_id, ${benchSecret} from made`;
  await sql`analyze tocsin_data.webhooks, tocsin_data.webhook_routes, tocsin_data.webhook_lanes, tocsin_data.webhook_secrets`;
}

/** Raises alerts over all groups in turn until so many deliveries wait; their bodies have about 500 bytes. */
export async function queueDeliveries(sql: Sql, options: WebhookOptions & { deliveries: number }): Promise<void> {
  const { count, fanOut, deliveries } = options;
  const groups = Math.ceil(count / fanOut);
  let left = Math.ceil(deliveries / fanOut);
  for (let from = 0; left > 0; from += 1000, left -= 1000) {
    await sql`
      select count(*) from tocsin.raise_alerts((
        select jsonb_agg(jsonb_build_object('message', 'An order was paid.', 'alert_type', 'bench.g' || n % ${groups}::integer,
                 'context', jsonb_build_object('order', n, 'pad', repeat('x', 300))))
          from generate_series(${from}::integer, ${from + Math.min(left, 1000) - 1}::integer) as n))`;
  }
}

/** Vacuums tables that the last round emptied, and flushes, so that a round finds what the first one found. */
export async function settle(sql: Sql, tables: string[]): Promise<void> {
  await sql.unsafe(`vacuum ${tables.join(', ')}`);
  await sql`checkpoint`;
}

/** What one piece of work took. `cpuSeconds`: of the server's sessions with this database; NaN where the system does not tell. */
export type ServerUse = { seconds: number; walBytes: number; cpuSeconds: number };

/** Runs `work` and says how long it took, and what the server spent on it. */
export async function measureServer(sql: Sql, work: () => Promise<void>): Promise<ServerUse> {
  const [before] = await sql<{ lsn: string }[]>`select pg_current_wal_insert_lsn()::text as lsn`;
  const cpuBefore = await sessionCpu(sql);
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuAfter = await sessionCpu(sql);
  const [after] = await sql<{ bytes: number }[]>`
    select pg_current_wal_insert_lsn() - ${before?.lsn ?? '0/0'}::pg_lsn as bytes`;
  let cpuSeconds = 0;
  for (const [pid, used] of cpuAfter) cpuSeconds += used - (cpuBefore.get(pid) ?? 0);
  return { seconds, walBytes: after?.bytes ?? Number.NaN, cpuSeconds };
}

/** CPU seconds of each session so far. Unlike the time on the clock, others on the machine hardly change them. */
async function sessionCpu(sql: Sql): Promise<Map<number, number>> {
  const sessions = await sql<{ pid: number }[]>`select pid from pg_stat_activity where datname = current_database()`;
  return new Map(sessions.map(({ pid }) => [pid, cpuOf(pid)]));
}

function cpuOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
  } catch {
    return Number.NaN;
  }
}
