// The shapes that pass between the worker and the queue: a claimed batch, and results gathered for recording.
import type { Outcome } from './outcome.ts';

/** One delivery to make. */
export type Delivery = {
  leaseId: number;
  deliveryId: number;
  alertId: number;
  webhookId: number;
  attempt: number;
  /** The webhook's version at the claim: a copy of its settings with another number is out of date. */
  version: number;
  /** The exact text to send; undefined when the alert was dropped by age. */
  body: string | undefined;
};

/** What a claim returns: comma-separated columns, null when nothing was due. */
export type ClaimRow = {
  lease_id: number | null;
  delivery_ids: string | null;
  alert_ids: string | null;
  webhook_ids: string | null;
  attempts: string | null;
  versions: string | null;
  payload_alert_ids: string | null;
  payloads: string | null;
  next_after_webhook_id: number;
  next_ready_ms: number | null;
  /** What looking for lanes took; null when none was looked for. */
  walk_us: number | null;
};

const COMMA = 44;
const ZERO = 48;

/** Reads the columns of a claim; one string is far cheaper to take apart than an array or a row per delivery. */
export function readClaim(row: ClaimRow): Delivery[] {
  if (row.lease_id === null || row.delivery_ids === null) return [];
  const deliveryIds = numbersOf(row.delivery_ids);
  const alertIds = numbersOf(row.alert_ids);
  const webhookIds = numbersOf(row.webhook_ids);
  const attempts = numbersOf(row.attempts);
  const versions = numbersOf(row.versions);
  const bodies = new Map<number, string>();
  const payloads = row.payloads?.split('\x1e') ?? [];
  for (const [i, alertId] of numbersOf(row.payload_alert_ids).entries()) bodies.set(alertId, payloads[i] as string);
  const leaseId = row.lease_id;
  return deliveryIds.map((deliveryId, i) => ({
    leaseId,
    deliveryId,
    alertId: alertIds[i] as number,
    webhookId: webhookIds[i] as number,
    attempt: attempts[i] as number,
    version: versions[i] as number,
    body: bodies.get(alertIds[i] as number),
  }));
}

/** The numbers of a column, none of them negative: reading digits takes a third of the time of splitting. */
function numbersOf(column: string | null): number[] {
  const numbers: number[] = [];
  if (column === null || column === '') return numbers;
  let number = 0;
  for (let i = 0; i < column.length; i++) {
    const code = column.charCodeAt(i);
    if (code !== COMMA) {
      number = number * 10 + code - ZERO;
      continue;
    }
    numbers.push(number);
    number = 0;
  }
  numbers.push(number);
  return numbers;
}

/** A finished attempt. */
export type Result = { delivery: Delivery; outcome: Outcome };

/** The arguments of recording, one array per column. */
export type RecordArguments = {
  p_lease_ids: number[];
  p_delivery_ids: number[];
  p_alert_ids: number[];
  p_webhook_ids: number[];
  p_attempts: number[];
  /** Null: all were delivered. */
  p_outcomes: string[] | null;
  p_status_codes: (number | null)[];
  p_response_ms: (number | null)[];
  p_errors: (string | null)[] | null;
  p_response_bodies: (string | null)[] | null;
  p_retry_after_seconds: (number | null)[] | null;
  p_closed_lease_ids: number[];
};

/** Turns results into columns; `closedLeaseIds` are the leases whose last member is among them. */
export function recordArguments(results: readonly Result[], closedLeaseIds: number[]): RecordArguments {
  return {
    p_lease_ids: results.map((r) => r.delivery.leaseId),
    p_delivery_ids: results.map((r) => r.delivery.deliveryId),
    p_alert_ids: results.map((r) => r.delivery.alertId),
    p_webhook_ids: results.map((r) => r.delivery.webhookId),
    p_attempts: results.map((r) => r.delivery.attempt),
    p_outcomes: results.every((r) => r.outcome.outcome === 'delivered') ? null : results.map((r) => r.outcome.outcome),
    p_status_codes: results.map((r) => r.outcome.status_code),
    p_response_ms: results.map((r) => r.outcome.response_ms),
    p_errors: unlessAllNull(results.map((r) => r.outcome.error)),
    p_response_bodies: unlessAllNull(results.map((r) => r.outcome.response_body)),
    p_retry_after_seconds: unlessAllNull(results.map((r) => r.outcome.retry_after_seconds)),
    p_closed_lease_ids: closedLeaseIds,
  };
}

/** A column of nulls is sent as one null: most batches have three of them. */
function unlessAllNull<T>(column: (T | null)[]): (T | null)[] | null {
  return column.some((value) => value !== null) ? column : null;
}

/** The calls of the queue that the loop makes: SQL functions of the same names. */
export type QueueCalls = {
  record_delivery_results(args: RecordArguments & { p_worker_id: number }): Promise<unknown>;
  claim_deliveries(args: ClaimArguments): Promise<ClaimRow>;
  record_and_claim(args: RecordArguments & ClaimArguments): Promise<ClaimRow>;
  release_leases(args: { p_worker_id: number; p_keep_lease_ids: number[] }): Promise<unknown>;
};

export type ClaimArguments = {
  p_worker_id: number;
  p_limit: number;
  p_lease_ms: number;
  p_after_webhook_id: number;
  p_buckets: number[] | null;
  p_overdue_ms: number;
  p_busy_webhook_ids: number[];
  p_busy_counts: number[];
  p_floor_webhook_ids?: number[] | null;
  p_floor_delivery_ids?: number[] | null;
  p_walks?: boolean;
};
