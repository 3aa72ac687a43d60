// The loop of one worker: records what has ended and claims what is due in one round trip, while deliveries are in flight.
import type { Log } from '../log.ts';
import type { Alarm } from '../store/alarm.ts';
import type { ClaimArguments, ClaimRow, Delivery, QueueCalls, Result } from './batch.ts';
import { readClaim, recordArguments } from './batch.ts';
import { Flight } from './flight.ts';
import type { Outcome } from './outcome.ts';

export type PumpOptions = {
  calls: QueueCalls;
  workerId: number;
  /** Deliveries in flight at most. */
  concurrency: number;
  /** Called once per claim, before its deliveries start: fetches what they need together. */
  prepare: (deliveries: readonly Delivery[]) => Promise<void>;
  /** Makes one delivery; never rejects. */
  deliver: (delivery: Delivery) => Promise<Outcome>;
  /** The buckets that this worker owns now; null for all. */
  buckets: () => number[] | null;
  alarm: Alarm;
  log: Log;
};

/** How long a claimed batch is safe from others even while its worker's heartbeat goes on; longer than any POST may take. */
const LEASE_MS = 180_000;
const CLAIM_COUNT_MAX = 500;
const RECORD_COUNT_MAX = 500;
/** Results wait for company until there are so many, or for so long. */
const GATHER_COUNT = 100;
const GATHER_MS = 20;
/** What others own is taken when it has waited this long: its owner is dead, or drowning. */
const OVERDUE_MS = 2_000;
const SWEEP_MS = 1_000;
const SLEEP_MS_MAX = 250;
/** Without the alarm nobody will wake us. */
const UNARMED_SLEEP_MS_MAX = 40;
/** From this many deliveries in a claim on there is load, and raising must not pay for waking us. */
const LOAD_COUNT = 4;
const BACKOFF_MS_MAX = 2_000;

/** See `startPump`. */
export type Pump = {
  /** Something may be due: look at once. */
  wake(): void;
  /** Claims nothing more, lets what is in flight end for at most `graceMs`, records it, and puts the rest back. */
  stop(graceMs: number): Promise<void>;
};

/** Starts the loop; it lives through errors of the database, backing off, and ends with `stop`. */
export function startPump(options: PumpOptions): Pump {
  const loop = new PumpLoop(options);
  const ended = loop.run();
  return {
    wake: () => loop.wake(),
    async stop(graceMs) {
      loop.drain(performance.now() + graceMs);
      await ended;
    },
  };
}

class PumpLoop {
  readonly #o: PumpOptions;
  readonly #flight = new Flight();
  #results: Result[] = [];
  #firstResultAt = 0;
  #after = 0;
  #mayBeDue = true;
  #wakes = 0;
  #nextReadyMs = SLEEP_MS_MAX;
  #sweptAt = 0;
  #drainUntil: number | undefined;
  #isClaimUncertain = false;
  #failures = 0;
  #interrupt: (() => void) | undefined;

  constructor(options: PumpOptions) {
    this.#o = options;
  }

  wake(): void {
    this.#wakes++;
    this.#mayBeDue = true;
    this.#interrupt?.();
  }

  drain(until: number): void {
    this.#drainUntil = until;
    this.#interrupt?.();
  }

  async run(): Promise<void> {
    while (!this.#isDrained()) {
      try {
        if (this.#isClaimUncertain) await this.#settleClaims();
        await this.#step();
        this.#failures = 0;
      } catch (error) {
        this.#failures++;
        this.#o.log.warn('record_and_claim failed; trying again', { error, failures: this.#failures });
        await this.#wait(Math.min(BACKOFF_MS_MAX, 25 * 2 ** Math.min(this.#failures, 7)));
      }
    }
    await this.#goodbye();
  }

  #isDrained(): boolean {
    if (this.#drainUntil === undefined) return false;
    return (this.#flight.count === 0 && this.#results.length === 0) || performance.now() >= this.#drainUntil;
  }

  async #step(): Promise<void> {
    const { concurrency } = this.#o;
    const free = concurrency - this.#flight.count;
    // Small refills would cost a round trip each: an eighth of the room must be free before a claim is worth one, and half
    // of it when the next recording, 20 ms away at most, can bring the claim along.
    const mayClaim = this.#drainUntil === undefined && free >= Math.max(1, concurrency >> 3);
    const isWorthIt = free >= concurrency >> 1 || this.#results.length === 0;
    const isSweep = mayClaim && performance.now() - this.#sweptAt >= SWEEP_MS;
    if (this.#isRipe()) return this.#record(mayClaim ? free : 0);
    if (mayClaim && ((this.#mayBeDue && isWorthIt) || isSweep)) return this.#claim(free, isSweep);
    await this.#rest(mayClaim);
  }

  #isRipe(): boolean {
    const count = this.#results.length;
    return count >= GATHER_COUNT || (count > 0 && (this.#flight.count === 0 || this.#gatherMs() <= 0));
  }

  #gatherMs(): number {
    return this.#firstResultAt + GATHER_MS - performance.now();
  }

  async #record(free: number): Promise<void> {
    const results = this.#results.splice(0, RECORD_COUNT_MAX);
    this.#firstResultAt = performance.now();
    const args = recordArguments(results, this.#flight.closedBy(results));
    const claim = free > 0 ? this.#claimArguments(free, false) : undefined;
    const wakes = this.#wakes;
    let row: ClaimRow | undefined;
    try {
      if (claim === undefined) {
        await this.#o.calls.record_delivery_results({ ...args, p_worker_id: this.#o.workerId });
      } else {
        this.#isClaimUncertain = true;
        row = await this.#o.calls.record_and_claim({ ...args, ...claim });
        this.#isClaimUncertain = false;
      }
    } catch (error) {
      // Recording twice is harmless, so what may or may not be committed is recorded again.
      this.#results.unshift(...results);
      throw error;
    }
    this.#flight.recorded(results);
    if (row !== undefined && claim !== undefined) await this.#begin(row, claim, wakes);
  }

  async #claim(free: number, isSweep: boolean): Promise<void> {
    const claim = this.#claimArguments(free, isSweep);
    const wakes = this.#wakes;
    if (isSweep) this.#sweptAt = performance.now();
    this.#isClaimUncertain = true;
    const row = await this.#o.calls.claim_deliveries(claim);
    this.#isClaimUncertain = false;
    await this.#begin(row, claim, wakes);
  }

  #claimArguments(free: number, isSweep: boolean): ClaimArguments {
    const { webhookIds, counts } = this.#flight.busy();
    return {
      p_worker_id: this.#o.workerId,
      p_limit: Math.min(free, CLAIM_COUNT_MAX),
      p_lease_ms: LEASE_MS,
      p_after_webhook_id: isSweep ? 0 : this.#after,
      p_buckets: isSweep ? null : this.#o.buckets(),
      p_overdue_ms: isSweep ? OVERDUE_MS : 0,
      p_busy_webhook_ids: webhookIds,
      p_busy_counts: counts,
    };
  }

  async #begin(row: ClaimRow, claim: ClaimArguments, wakesBefore: number): Promise<void> {
    const deliveries = readClaim(row);
    if (claim.p_overdue_ms === 0) {
      // A round that did not begin at the first webhook proves nothing by finding none, nor does one that a wake overtook.
      this.#mayBeDue = deliveries.length > 0 || claim.p_after_webhook_id !== 0 || this.#wakes !== wakesBefore;
      this.#after = row.next_after_webhook_id;
      this.#nextReadyMs = row.next_ready_ms ?? SLEEP_MS_MAX;
    }
    if (deliveries.length === 0) return;
    if (deliveries.length >= LOAD_COUNT) this.#o.alarm.disarm();
    await this.#o.prepare(deliveries).catch((error: unknown) => {
      // This lease is not in flight: settling gives it back.
      this.#isClaimUncertain = true;
      throw error;
    });
    this.#flight.begin(deliveries);
    for (const delivery of deliveries) void this.#deliver(delivery);
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const outcome = await this.#o.deliver(delivery);
    this.#flight.end(delivery);
    if (this.#results.length === 0) this.#firstResultAt = performance.now();
    const count = this.#results.push({ delivery, outcome });
    if (count === 1 || count === GATHER_COUNT || this.#flight.count === 0) this.#interrupt?.();
  }

  async #rest(mayClaim: boolean): Promise<void> {
    let timeoutMs = this.#results.length > 0 ? this.#gatherMs() : SLEEP_MS_MAX;
    if (mayClaim && !this.#mayBeDue) {
      if (!this.#o.alarm.isArmed()) {
        // Whoever raised before the alarm was armed did not ring it: look once more.
        this.#mayBeDue = await this.#o.alarm.arm();
        if (this.#mayBeDue) return;
        timeoutMs = Math.min(timeoutMs, UNARMED_SLEEP_MS_MAX);
      }
      timeoutMs = Math.min(timeoutMs, this.#nextReadyMs);
    }
    const isInterrupted = await this.#wait(timeoutMs);
    if (!isInterrupted && mayClaim) this.#mayBeDue = true;
  }

  async #wait(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(resolve, Math.max(1, timeoutMs), false);
    this.#interrupt = () => resolve(true);
    const isInterrupted = await promise;
    this.#interrupt = undefined;
    clearTimeout(timer);
    return isInterrupted;
  }

  /** After an error nobody knows whether the claim was committed: what it leased, if so, goes back. */
  async #settleClaims(): Promise<void> {
    const p_keep_lease_ids = this.#flight.openLeaseIds();
    await this.#o.calls.release_leases({ p_worker_id: this.#o.workerId, p_keep_lease_ids });
    this.#isClaimUncertain = false;
  }

  async #goodbye(): Promise<void> {
    try {
      while (this.#results.length > 0) await this.#record(0);
      await this.#o.calls.release_leases({ p_worker_id: this.#o.workerId, p_keep_lease_ids: [] });
    } catch (error) {
      this.#o.log.warn('release_leases failed; another worker takes over when the heartbeat stays away', { error });
    }
  }
}
