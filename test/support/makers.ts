// Makes what tests of the queue need: webhooks, alerts, workers, claims, results, and sessions that hold transactions open.
import { type ClaimRow, type Delivery, readClaim, recordArguments } from '../../src/delivery/batch.ts';
import type { Outcome } from '../../src/delivery/outcome.ts';
import { type Api, makeApi } from '../../src/store/api.ts';
import type { Queryable, Sql } from '../../src/store/sql.ts';

/** Columns of tocsin_data.webhooks that differ from the test's own. */
export type WebhookColumns = Partial<{
  webhook_id: number;
  tenant_id: number;
  name: string;
  events: string[];
  min_severity: string;
  is_active: boolean;
  max_in_flight: number;
  rate_limit_per_second: number;
  ordered: boolean;
}> & { filter?: object; retry_policy?: object };

let named = 0;

/** A webhook that gets everything unless told otherwise; its id. */
export async function makeWebhook(sql: Queryable, columns: WebhookColumns = {}): Promise<number> {
  const [id] = await makeWebhooks(sql, 1, columns);
  return id as number;
}

/** So many alike, in one statement; their ids, ascending. */
export async function makeWebhooks(sql: Queryable, count: number, columns: WebhookColumns = {}): Promise<number[]> {
  const { filter, retry_policy, ...plain } = columns;
  const row = {
    tenant_id: 1,
    url: 'https://receiver.test/',
    ...plain,
    ...(filter && { filter: sql.json(filter as never) }),
    ...(retry_policy && { retry_policy: sql.json(retry_policy as never) }),
  };
  const rows = Array.from({ length: count }, () => ({ name: `w${++named}`, ...row }));
  const made = await sql<{ webhook_id: number }[]>`
    insert into tocsin_data.webhooks ${(sql as Sql)(rows as never[])} returning webhook_id`;
  return made.map(({ webhook_id }) => webhook_id);
}

/** Raises an alert of type `test`; its id. */
export function raise(
  sql: Queryable,
  args: Partial<Parameters<Api['alerts']['raise_alert']>[0]> = {},
): Promise<number> {
  return makeApi(sql).alerts.raise_alert({ p_alert_type: 'test', p_message: 'It happened.', ...args });
}

/** Raises so many alerts in one call; their ids, in order. */
export function raiseMany(sql: Queryable, count: number, alertType = 'test'): Promise<number[]> {
  const p_alerts = Array.from({ length: count }, (_, i) => ({ alert_type: alertType, message: `m${i}` }));
  return makeApi(sql).alerts.raise_alerts({ p_alerts });
}

/** Registers a worker; its id. */
export async function makeWorker(sql: Queryable): Promise<number> {
  const beat = await makeApi(sql).workers.beat_worker({ p_worker_id: null, p_host: 'test', p_pid: 1 });
  return beat.worker_id;
}

/** As if a worker had died 21 seconds ago: neither its heartbeat nor what it has claimed is younger. */
export async function silence(sql: Queryable, worker: number): Promise<void> {
  await sql`update tocsin_data.workers set beat_at = now() - interval '21 seconds' where worker_id = ${worker}`;
  await sql`
    update tocsin_data.alert_delivery_leases set claimed_at = now() - interval '21 seconds' where worker_id = ${worker}`;
}

export type ClaimChanges = Partial<{
  worker: number;
  limit: number;
  leaseMs: number;
  after: number;
  buckets: number[];
  overdueMs: number;
  busy: Record<number, number>;
  /** The last delivery claimed, by webhook. */
  floors: Record<number, number>;
  walks: boolean;
}>;

/** What one claim of a worker gives, as the worker reads it, and the whole row. */
export async function claimRow(sql: Queryable, changes: ClaimChanges = {}): Promise<ClaimRow> {
  const busy = Object.entries(changes.busy ?? {});
  const floors = Object.entries(changes.floors ?? {}).map(([id, floor]) => [Number(id), floor] as const);
  floors.sort(([a], [b]) => (a & 63) - (b & 63) || a - b);
  return makeApi(sql).workers.claim_deliveries({
    p_worker_id: changes.worker ?? (null as never),
    p_limit: changes.limit ?? 100,
    p_lease_ms: changes.leaseMs ?? 180_000,
    p_after_webhook_id: changes.after ?? 0,
    p_buckets: changes.buckets ?? null,
    p_overdue_ms: changes.overdueMs ?? 0,
    p_busy_webhook_ids: busy.map(([id]) => Number(id)),
    p_busy_counts: busy.map(([, count]) => count),
    p_floor_webhook_ids: floors.map(([id]) => id),
    p_floor_delivery_ids: floors.map(([, floor]) => floor),
    p_walks: changes.walks ?? true,
  });
}

export async function claim(sql: Queryable, changes: ClaimChanges = {}): Promise<Delivery[]> {
  return readClaim(await claimRow(sql, changes));
}

/** How an attempt ended, by the receiver's answer; `null` when none came. */
export function outcomeFor(statusCode: number | null, retryAfterSeconds: number | null = null): Outcome {
  const isThrottled = [429, 502, 503, 504].includes(statusCode ?? 0) || retryAfterSeconds !== null;
  const failure = statusCode === 410 ? 'gone' : isThrottled ? 'throttled' : 'failed';
  const isDelivered = statusCode === 200;
  return {
    outcome: isDelivered ? 'delivered' : failure,
    status_code: statusCode,
    response_ms: 12,
    error: isDelivered ? null : `http_${statusCode}`,
    response_body: null,
    retry_after_seconds: retryAfterSeconds,
  };
}

type RecordChanges = { closed?: number[]; worker?: number | undefined };

/** Records the same end for all, 200 by default; leases close when all their members are logged, or as told. */
export function record(
  sql: Queryable,
  deliveries: readonly Delivery[],
  end: number | null | Outcome | ((delivery: Delivery, n: number) => Outcome) = 200,
  { closed, worker }: RecordChanges = {},
): Promise<{ recorded: number; late: number }> {
  const outcomeOf = (delivery: Delivery, n: number) =>
    typeof end === 'function' ? end(delivery, n) : end !== null && typeof end === 'object' ? end : outcomeFor(end);
  const results = deliveries.map((delivery, n) => ({ delivery, outcome: outcomeOf(delivery, n) }));
  const { p_closed_lease_ids: _, ...args } = recordArguments(results as never, []);
  return makeApi(sql).workers.record_delivery_results({
    ...args,
    p_closed_lease_ids: closed,
    p_worker_id: worker,
  } as never);
}

/** A connection of its own for two-session tests. Disposing rolls back what is open. */
export type Session = AsyncDisposable & {
  sql: Queryable;
  pid: number;
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
};

/** `await using a = await openSession(sql)`, or with a transaction at once: `openTransaction`. */
export async function openSession(pool: Sql): Promise<Session> {
  const sql = await pool.reserve();
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const run = async (statement: string) => void (await sql.unsafe(statement));
  let isReleased = false;
  return {
    sql: sql as unknown as Queryable,
    pid: (row as { pid: number }).pid,
    begin: () => run('begin'),
    commit: () => run('commit'),
    rollback: () => run('rollback'),
    async [Symbol.asyncDispose]() {
      if (isReleased) return;
      isReleased = true;
      await run('rollback');
      sql.release();
    },
  };
}

export async function openTransaction(pool: Sql): Promise<Session> {
  const session = await openSession(pool);
  await session.begin();
  return session;
}

/** Whether the session waits for a lock that another holds. */
export async function isBlocked(sql: Queryable, { pid }: Session): Promise<boolean> {
  const [row] = await sql<{ blocked: boolean }[]>`select cardinality(pg_blocking_pids(${pid})) > 0 as blocked`;
  return row?.blocked === true;
}

/** Takes everything away but the schema and the default tenant, so that tests of one file do not meet. */
export async function startOver(sql: Queryable): Promise<void> {
  await sql.unsafe(`
    delete from tocsin_data.webhooks; delete from tocsin_data.workers; delete from tocsin_data.alert_dedupe_keys;
    truncate tocsin_data.alert_delivery_queue, tocsin_data.alert_delivery_retries, tocsin_data.alert_delivery_parked,
      tocsin_data.alert_delivery_leases, tocsin_data.webhook_health_deltas`);
}

/** Where deliveries are: how many rows each place holds, and the status of the last attempt of those that have one. */
export async function countPlaces(sql: Queryable): Promise<Record<string, number>> {
  const rows = await sql<{ place: string; count: number }[]>`
    select 'queue' as place, count(*) from tocsin_data.alert_delivery_queue
    union all select 'retries', count(*) from tocsin_data.alert_delivery_retries
    union all select 'parked', count(*) from tocsin_data.alert_delivery_parked
    union all select 'leased', count(*) from tocsin_data.alert_delivery_leases l cross join unnest(l.delivery_ids)
    union all select 'log_' || g.status, count(*) from tocsin_data.alert_delivery_log g group by g.status`;
  return Object.fromEntries(rows.filter(({ count }) => count > 0).map(({ place, count }) => [place, count]));
}
