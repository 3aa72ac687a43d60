// Plays deliveries that happened some minutes ago, and compares the history with the log.
import type { Outcome } from '../../src/delivery/outcome.ts';
import type { Queryable, Sql } from '../../src/store/sql.ts';
import { claim, outcomeFor, record } from './makers.ts';

/** The ends of attempts, in the order in which they are used, again and again: a status code, null for no answer. */
export type Ends = readonly { code: number | null; ms: number }[];

const outcomeOf = ({ code, ms }: Ends[number]): Outcome => ({
  ...outcomeFor(code, code === 200 ? null : 0),
  response_ms: ms,
});

/**
 * Claims up to `limit` deliveries and records their ends as if it had been so many minutes ago, all in one transaction.
 * How many it recorded.
 */
export async function send(sql: Sql, ends: Ends, { limit = 100, minutesAgo = 0 } = {}): Promise<number> {
  return await sql.begin(async (tx) => {
    const deliveries = await claim(tx as unknown as Queryable, { limit });
    if (deliveries.length === 0) return 0;
    // A claim commits without waiting for the disk; with what is recorded here, it must not.
    await tx`set local synchronous_commit = on`;
    const end = (_: unknown, n: number) => outcomeOf(ends[n % ends.length] as Ends[number]);
    const { recorded } = await record(tx as unknown as Queryable, deliveries, end);
    const by = `${minutesAgo} minutes`;
    await tx`update tocsin_data.alert_delivery_log set attempted_at = attempted_at - ${by}::interval
      where xmin = pg_current_xact_id()::xid`;
    await tx`update tocsin_data.webhook_health_deltas set recorded_at = recorded_at - ${by}::interval
      where xmin = pg_current_xact_id()::xid`;
    await tx`update tocsin_data.history_results set minute_at = minute_at - ${by}::interval
      where xmin = pg_current_xact_id()::xid`;
    return recorded;
  });
}

/** Makes every waiting delivery due now and every lane open, but for those that somebody else has locked. */
export async function hurry(sql: Queryable): Promise<void> {
  await sql`update tocsin_data.webhook_lanes set blocked_until = null, slots_max = null where ctid = any (array(
    select ctid from tocsin_data.webhook_lanes where blocked_until is not null for no key update skip locked))`;
  await sql`update tocsin_data.webhook_health_metrics set blocked_until = null where ctid = any (array(
    select ctid from tocsin_data.webhook_health_metrics where blocked_until is not null for no key update skip locked))`;
  await sql`with late as (delete from tocsin_data.alert_delivery_retries where ctid = any (array(
      select ctid from tocsin_data.alert_delivery_retries for update skip locked)) returning *)
    insert into tocsin_data.alert_delivery_queue select * from late`;
  await sql`update tocsin_data.alert_delivery_queue set due_at = tocsin_internal.id_time(delivery_id) where ctid = any (array(
    select ctid from tocsin_data.alert_delivery_queue where due_at > now() for update skip locked))`;
}

/** Takes away what the history holds, and the log. */
export async function forgetHistory(sql: Queryable): Promise<void> {
  await sql`truncate tocsin_data.history, tocsin_data.history_deltas, tocsin_data.history_results, tocsin_data.alert_delivery_log,
    tocsin_data.webhook_health_deltas, tocsin_data.alert_hours, tocsin_data.alert_type_counts, tocsin_data.alert_changes,
    tocsin_data.history_ticks, tocsin_data.alerts`;
  await sql`update tocsin_data.history_state
    set depth_due_at = '-infinity', tally_due_at = '-infinity', sampled_slot = 0, counted_before_id = 0`;
}

/** The differences between the log and the history, at each level, with what is on its way there; none when it is right. */
export async function historyErrors(sql: Queryable): Promise<object[]> {
  const rows = await sql`
    with truth as (
      select g.tenant_id, g.webhook_id, date_bin('1 minute', g.attempted_at, '2000-01-01Z') as minute_at,
             case when g.status = 'delivered' then tocsin_internal.latency_bucket(g.response_ms) end as bucket,
             (g.error is null or g.error not like 'expired%' and g.error <> 'webhook_deleted')::integer as attempts,
             (g.status = 'delivered')::integer as delivered, (g.status = 'failed')::integer as given_up,
             (g.status = 'cancelled')::integer as cancelled
        from tocsin_data.alert_delivery_log g),
    levels as (select unnest('{60,300,3600}'::integer[]) as step),
    everyone as (
      select t.tenant_id, t.webhook_id, t.minute_at, t.bucket, t.attempts, t.delivered, t.given_up, t.cancelled from truth t
      union all select tenant_id, 0, minute_at, bucket, attempts, delivered, given_up, cancelled from truth
      union all select 0, 0, minute_at, bucket, attempts, delivered, given_up, cancelled from truth),
    tenants as (select 0 as tenant_id union select tenant_id from tocsin_data.tenants),
    fresh as (
      select u.* from tenants t cross join lateral tocsin_internal.unrolled_history(t.tenant_id, 0) u
      union all select u.* from tocsin_data.tenants t cross join lateral tocsin_internal.unrolled_history(t.tenant_id, null) u),
    parts as (
      select l.step, e.tenant_id, e.webhook_id, date_bin(l.step * interval '1 second', e.minute_at, '2000-01-01Z') as at, e.bucket,
             -e.attempts as attempts, -e.delivered as delivered, -e.given_up as given_up, -e.cancelled as cancelled
        from everyone e cross join levels l
      union all
      select l.step, f.tenant_id, f.webhook_id, date_bin(l.step * interval '1 second', f.minute_at, '2000-01-01Z'),
             f.latency_bucket, f.attempts, f.delivered, f.given_up, f.cancelled from fresh f cross join levels l
      union all
      select h.step_seconds, h.tenant_id, h.webhook_id, h.starts_at, null, h.attempts, h.delivered, h.given_up, h.cancelled
        from tocsin_data.history h
      union all
      -- The histogram moves its counts from no bucket to theirs, so that each bucket is compared.
      select h.step_seconds, h.tenant_id, h.webhook_id, h.starts_at, b.bucket, b.n * s.sign, b.n * s.sign, 0, 0
        from tocsin_data.history h cross join lateral unnest(h.latency_buckets, h.latency_counts) as o(bucket, n)
       cross join lateral (values (o.bucket, 1), (null, -1)) as s(bucket, sign) cross join lateral (select s.bucket, o.n) b)
    select step, tenant_id, webhook_id, at, bucket, sum(attempts) as attempts, sum(delivered) as delivered,
           sum(given_up) as given_up, sum(cancelled) as cancelled
      from parts group by 1, 2, 3, 4, 5
    having sum(coalesce(attempts, 0)) <> 0 or sum(coalesce(delivered, 0)) <> 0 or sum(coalesce(given_up, 0)) <> 0
        or sum(coalesce(cancelled, 0)) <> 0`;
  return [...rows] as object[];
}
