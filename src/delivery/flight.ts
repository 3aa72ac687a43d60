// Counts what is in flight: in all, per webhook, and per lease, whose row is closed with the result of its last member.
import type { Delivery, Result } from './batch.ts';

/** More than any webhook's `max_in_flight`. */
const FULL_COUNT = 32_767;

/** The deliveries of one worker between claim and recording. */
export class Flight {
  /** Being sent now. */
  count = 0;
  readonly #byWebhook = new Map<number, number>();
  /** Members without a recorded result. */
  readonly #byLease = new Map<number, number>();

  begin(deliveries: readonly Delivery[]): void {
    this.count += deliveries.length;
    for (const { leaseId, webhookId } of deliveries) {
      this.#byLease.set(leaseId, (this.#byLease.get(leaseId) ?? 0) + 1);
      this.#byWebhook.set(webhookId, (this.#byWebhook.get(webhookId) ?? 0) + 1);
    }
  }

  /** One has its answer; its lease stays open until that is recorded. */
  end({ webhookId }: Delivery): void {
    this.count--;
    subtract(this.#byWebhook, webhookId, 1);
  }

  /** The leases that will have no member left once these results are recorded. */
  closedBy(results: readonly Result[]): number[] {
    const ended = countByLease(results);
    return [...ended].filter(([leaseId, count]) => this.#byLease.get(leaseId) === count).map(([leaseId]) => leaseId);
  }

  recorded(results: readonly Result[]): void {
    for (const [leaseId, count] of countByLease(results)) subtract(this.#byLease, leaseId, count);
  }

  /** How many each webhook has; those in `full` as many as nobody may have. */
  busy(full: Iterable<number> = []): { webhookIds: number[]; counts: number[] } {
    const busy = new Map(this.#byWebhook);
    for (const webhookId of full) busy.set(webhookId, FULL_COUNT);
    return { webhookIds: [...busy.keys()], counts: [...busy.values()] };
  }

  /** How many are claimed of these webhooks and have no answer yet. */
  countOf(webhookIds: Iterable<number>): number {
    let sum = 0;
    for (const webhookId of webhookIds) sum += this.#byWebhook.get(webhookId) ?? 0;
    return sum;
  }

  openLeaseIds(): number[] {
    return [...this.#byLease.keys()];
  }
}

function countByLease(results: readonly Result[]): Map<number, number> {
  const counts = new Map<number, number>();
  // Those of one lease mostly come one after the other: they are counted together.
  let from = 0;
  for (let i = 0; i < results.length; i++) {
    const { leaseId } = (results[i] as Result).delivery;
    if (results[i + 1]?.delivery.leaseId === leaseId) continue;
    counts.set(leaseId, (counts.get(leaseId) ?? 0) + i + 1 - from);
    from = i + 1;
  }
  return counts;
}

function subtract(counts: Map<number, number>, key: number, by: number): void {
  const left = (counts.get(key) ?? 0) - by;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
