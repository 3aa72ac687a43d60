// What was in flight when a fault struck: asked of the database when all that was under way before is decided.
import type { Sql } from '../../src/store/sql.ts';
import type { World } from './fault_world.ts';
import { until } from './wait.ts';

/**
 * Strikes, and resolves when no statement is left that a worker's session had begun before: what it was to write is written then.
 */
export async function settledSince(sql: Sql, strike: () => unknown): Promise<void> {
  strike();
  const [row] = await sql<{ now: Date }[]>`select clock_timestamp() as now`;
  const struckAt = row?.now ?? new Date();
  await until(
    async () => {
      // One that waits for its client was frozen in mid-conversation, and does nothing by itself.
      const found = await sql`select from pg_stat_activity
        where datname = current_database() and application_name like 'tocsin%' and state = 'active'
          and query_start <= ${struckAt} and wait_event is distinct from 'ClientRead'`;
      return found.count === 0;
    },
    { timeoutMs: 30_000 },
  );
}

/** How many leases a worker has. */
export async function leasesOf(sql: Sql, workerId: number): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    select count(*) as n from tocsin_data.alert_delivery_leases where worker_id = ${workerId}`;
  return row?.n ?? 0;
}

/** Everything that is leased now may come again. Nothing must get through to the workers any more. */
export async function excuseAll({ sql, rig }: World): Promise<void> {
  await settledSince(sql, () => undefined);
  await rig.excuse();
}
