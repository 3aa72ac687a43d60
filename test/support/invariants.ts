// What must hold after every fault: nothing lost, nothing invented, nothing sent twice but what was in flight, and books that add up.
import type { Sql } from '../../src/store/sql.ts';

/** What the world outside the database knows. */
export type Evidence = {
  /** Alerts whose raising was acknowledged. */
  acknowledgedIds: Iterable<number>;
  /** Webhooks that get every alert. */
  webhookIds: number[];
  /** How often each webhook-id arrived. */
  received: ReadonlyMap<string, number>;
  /** First arrivals at ordered webhooks, in order. */
  orders: ReadonlyMap<string, string[]>;
  /** When raising each alert began and was acknowledged: what overlapped may come in any order. Without it, ids tell the order. */
  spans?: ReadonlyMap<number, Span>;
  unverified: number;
  /** How often each webhook-id was in flight when a fault struck: it may have come that often in vain. */
  inFlight: ReadonlyMap<string, number>;
  /** Duplicates beyond those, where what was in flight cannot be known. */
  duplicatesMax?: number;
};

/** In milliseconds on any clock; alerts raised in one call share the object. */
export type Span = { from: number; to: number };

/** What was found; `wrong` names each invariant that does not hold, with an example. */
export type Report = { alerts: number; deliveries: number; duplicates: number; wrong: string[] };

type Ended = {
  delivery_id: number;
  alert_id: number;
  webhook_id: number;
  attempts: number;
  ends: number;
  delivered: number;
};

/** Compares all that there is. Nothing must be going on: see `countOpen`. */
export async function inspect(sql: Sql, evidence: Evidence): Promise<Report> {
  const alerts = await sql<{ alert_id: number }[]>`select alert_id from tocsin_data.alerts`;
  const ended = await sql<Ended[]>`
    select delivery_id, alert_id, webhook_id, count(*)::integer as attempts,
           count(*) filter (where status <> 'retrying')::integer as ends,
           count(*) filter (where status = 'delivered')::integer as delivered
      from tocsin_data.alert_delivery_log group by delivery_id, alert_id, webhook_id`;
  const wrong: string[] = [];
  const hold = (promise: string, offenders: unknown[]) => {
    if (offenders.length > 0)
      wrong.push(`${promise}: not so for ${offenders.length}, such as ${offenders.slice(0, 3)}`);
  };
  const alertIds = new Set(alerts.map(({ alert_id }) => alert_id));
  const byMessage = new Map(ended.map((each) => [`msg_${each.delivery_id}`, each]));
  const pairs = ended.map(({ alert_id, webhook_id }) => `${alert_id} to ${webhook_id}`);
  const expected = [...alertIds].flatMap((id) => evidence.webhookIds.map((webhookId) => `${id} to ${webhookId}`));
  hold(
    'every acknowledged alert is kept',
    [...evidence.acknowledgedIds].filter((id) => !alertIds.has(id)),
  );
  hold('every alert has its delivery to every webhook', missing(expected, pairs));
  hold('no delivery is of an alert or to a webhook that is not', missing(pairs, expected));
  hold('no alert has two deliveries to one webhook', repeated(pairs));
  hold(
    'every delivery ends exactly once, as delivered',
    ended.filter((each) => each.ends !== 1 || each.delivered !== 1).map(idOf),
  );
  hold(
    'what is logged as delivered arrived',
    [...byMessage.keys()].filter((id) => !evidence.received.has(id)),
  );
  hold(
    'what arrived is in the log',
    [...evidence.received.keys()].filter((id) => !byMessage.has(id)),
  );
  hold(
    'every signature is valid',
    Array.from({ length: evidence.unverified }, () => 'unknown'),
  );
  hold(
    'an ordered webhook gets its deliveries in order',
    [...evidence.orders]
      .filter(([, ids]) => !isInOrder(ids, (id) => spanOf(id, byMessage.get(id)?.alert_id, evidence.spans)))
      .map(([path]) => path),
  );
  let duplicates = 0;
  const needless: string[] = [];
  for (const [id, count] of evidence.received) {
    const extra = count - (byMessage.get(id)?.attempts ?? 0);
    duplicates += Math.max(0, extra);
    for (let i = evidence.inFlight.get(id) ?? 0; i < extra; i++) needless.push(id);
  }
  hold('only what was in flight arrives twice', needless.slice(evidence.duplicatesMax ?? 0));
  wrong.push(...(await findUnbalanced(sql)));
  return { alerts: alertIds.size, deliveries: ended.length, duplicates, wrong };
}

/** What is under way, by where it is: waiting, leased, or counted but not yet added to the health. */
export async function listOpen(sql: Sql): Promise<Record<string, number>> {
  const [row] = await sql<Record<string, number>[]>`
    select (select count(*) from tocsin_data.alert_delivery_queue) as queued,
           (select count(*) from tocsin_data.alert_delivery_retries) as retries,
           (select count(*) from tocsin_data.alert_delivery_parked) as parked,
           (select count(*) from tocsin_data.alert_delivery_leases) as leases,
           (select count(*) from tocsin_data.webhook_health_deltas) as deltas`;
  return { ...row };
}

/** How much that is in all. */
export async function countOpen(sql: Sql): Promise<number> {
  return Object.values(await listOpen(sql)).reduce((sum, count) => sum + count, 0);
}

/** The webhook-ids of what is leased (to these workers, or to any) and has no result in the log. */
export async function listInFlight(sql: Sql, workerIds?: number[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select 'msg_' || m.delivery_id as id
      from tocsin_data.alert_delivery_leases l cross join unnest(l.delivery_ids, l.attempts) as m(delivery_id, attempt)
     where (${workerIds ?? null}::bigint[] is null or l.worker_id = any (${workerIds ?? null}::bigint[]))
       and not exists (select from tocsin_data.alert_delivery_log g where g.delivery_id = m.delivery_id and g.attempt = m.attempt)`;
  return rows.map(({ id }) => id);
}

/** Books that do not add up: the health against the log, and lanes that believe a delivery in flight. */
async function findUnbalanced(sql: Sql): Promise<string[]> {
  const health = await sql<{ webhook_id: number }[]>`
    select h.webhook_id from tocsin_data.webhook_health_metrics h
      left join (select webhook_id, count(*) as total, count(*) filter (where status = 'delivered') as delivered
                   from tocsin_data.alert_delivery_log group by webhook_id) g on g.webhook_id = h.webhook_id
     where (h.total_deliveries, h.successful_deliveries, h.failed_deliveries)
        <> (coalesce(g.total, 0), coalesce(g.delivered, 0), coalesce(g.total - g.delivered, 0))`;
  const lanes = await sql<{ webhook_id: number }[]>`
    select webhook_id from tocsin_data.webhook_lanes where busy_delivery_id is not null or parked`;
  return [
    ...health.map(({ webhook_id }) => `the health of webhook ${webhook_id} is not the sum of its log`),
    ...lanes.map(({ webhook_id }) => `webhook ${webhook_id} is kept busy or parked by nothing`),
  ];
}

const idOf = ({ delivery_id }: Ended) => `msg_${delivery_id}`;

function missing(wanted: string[], present: string[]): string[] {
  const known = new Set(present);
  return wanted.filter((each) => !known.has(each));
}

function repeated(list: string[]): string[] {
  const seen = new Set<string>();
  return list.filter((each) => seen.size === seen.add(each).size);
}

function spanOf(id: string, alertId: number | undefined, spans: Evidence['spans']): Span {
  if (spans) return spans.get(alertId ?? 0) ?? { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  return { from: Number(id.slice(4)), to: Number(id.slice(4)) };
}

/**
 * Nothing came after what was raised later: raised in the same call, by the number in `msg_…`; else by the spans. A raise that
 * was never acknowledged may have taken place at any time after it began.
 */
function isInOrder(ids: string[], span: (id: string) => Span): boolean {
  let earliestEnd = Number.POSITIVE_INFINITY;
  const firstOfCall = new Map<Span, number>();
  for (const id of ids.toReversed()) {
    const number = Number(id.slice(4));
    const its = span(id);
    if (earliestEnd < its.from || number > (firstOfCall.get(its) ?? number)) return false;
    earliestEnd = Math.min(earliestEnd, its.to);
    firstOfCall.set(its, number);
  }
  return true;
}
