// The loop of one worker: records what has ended and claims what is due in one round trip, while deliveries are in flight.
import type { Log } from '../log.ts';
import type { Alarm } from '../store/alarm.ts';
import type { ClaimArguments, ClaimRow, Delivery, QueueCalls, Result } from './batch.ts';
import { readClaim, recordArguments } from './batch.ts';
import { Doubt } from './doubt.ts';
import { Doze } from './doze.ts';
import { Flight } from './flight.ts';
import { isWorthwhile, Places, type Room } from './places.ts';
import { Gathered, isRefusal } from './gather.ts';
import { Lanes } from './lanes.ts';
import type { Outcome } from './outcome.ts';
import { Ramp } from './ramp.ts';

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
  /** How long an idle loop sleeps at most when nobody wakes it. */
  pollMs: number;
  ramp?: Ramp;
  log: Log;
};

/** How long a claimed batch is safe from others even while its worker's heartbeat goes on; longer than any POST may take. */
const LEASE_MS = 180_000;
const CLAIM_COUNT_MAX = 500;
/** Without the alarm nobody will wake us. */
const UNARMED_SLEEP_MS_MAX = 40;
/** From this many deliveries in a claim on there is load, and raising must not pay for waking us. */
const LOAD_COUNT = 4;
const BACKOFF_MS_MAX = 2_000;
/** With no room for a claim: time alone makes some, as the ramp grows, and as who takes long is known to be slow. */
const FULL_SLEEP_MS_MAX = 20;

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
  readonly #places: Places;
  readonly #gathered = new Gathered();
  readonly #doze = new Doze();
  readonly #doubt = new Doubt();
  readonly #lanes = new Lanes();
  #mayBeDue = true;
  #wakes = 0;
  #nextReadyMs = 0;
  #drainUntil: number | undefined;

  constructor(options: PumpOptions) {
    this.#o = options;
    this.#places = new Places(
      options.concurrency,
      (delivery) => this.#deliver(delivery),
      () => this.#doze.wake(),
      options.ramp ?? new Ramp(),
    );
  }

  wake(): void {
    this.#wakes++;
    this.#mayBeDue = true;
    this.#doze.wake();
  }

  drain(until: number): void {
    this.#drainUntil = until;
    this.#places.clear((delivery) => this.#flight.end(delivery));
    this.#doze.wake();
  }

  async run(): Promise<void> {
    while (!this.#isDrained()) {
      try {
        if (this.#doubt.mustSettle()) await this.#settleClaims();
        await this.#step();
        this.#places.ramp.go();
      } catch (error) {
        const failures = this.#places.ramp.fail();
        this.#o.log.warn('record_and_claim failed; trying again', { error, failures });
        await this.#doze.sleep(Math.min(BACKOFF_MS_MAX, 25 * 2 ** Math.min(failures, 7)));
      }
    }
    await this.#goodbye();
  }

  #isDrained(): boolean {
    if (this.#drainUntil === undefined) return false;
    return (this.#flight.count === 0 && this.#gathered.count === 0) || performance.now() >= this.#drainUntil;
  }

  async #step(): Promise<void> {
    const room = this.#places.room(this.#flight, this.#gathered.count);
    // Half of the room must be free for a claim when the next recording, 20 ms away at most, can bring one along.
    const mayClaim = this.#drainUntil === undefined && isWorthwhile(room);
    const isWorthIt = room.free >= room.of >> 1 || this.#gathered.count === 0;
    const isSweep = mayClaim && this.#lanes.isSweepDue();
    if (this.#gathered.isRipe(this.#flight.count === 0, this.#places.isHungry))
      return this.#record(this.#drainUntil || this.#gathered.isSuspect ? undefined : room);
    if (mayClaim && ((this.#mayBeDue && isWorthIt) || isSweep)) return this.#claim(room, isSweep);
    await this.#rest(mayClaim);
  }

  async #record(room?: Room): Promise<void> {
    const results = this.#gathered.take();
    const args = recordArguments(results, this.#flight.closedBy(results));
    const free = room === undefined ? 0 : room.free + room.ahead;
    const claim = room && free > 0 ? this.#claimArguments(free, room, false) : undefined;
    const wakes = this.#wakes;
    let row: ClaimRow | undefined;
    try {
      if (claim === undefined) {
        await this.#o.calls.record_delivery_results({ ...args, p_worker_id: this.#o.workerId });
      } else {
        this.#doubt.begin();
        row = await this.#o.calls.record_and_claim({ ...args, ...claim });
        this.#doubt.end();
      }
    } catch (error) {
      if (isRefusal(error)) this.#abandon(this.#gathered.refused(results), error);
      else this.#gathered.giveBack(results);
      throw error;
    }
    this.#gathered.recorded(results);
    this.#flight.recorded(results);
    if (row !== undefined && claim !== undefined) await this.#begin(row, claim, wakes);
  }

  #abandon(result: Result | undefined, error: unknown): void {
    if (result === undefined) return;
    const { deliveryId: delivery_id, webhookId: webhook_id } = result.delivery;
    this.#o.log.error('a result cannot be recorded; it is sent again when its lease ends', {
      error,
      delivery_id,
      webhook_id,
    });
  }

  async #claim(room: Room, isSweep: boolean): Promise<void> {
    const claim = this.#claimArguments(room.free, room, isSweep);
    const wakes = this.#wakes;
    this.#doubt.begin();
    const row = await this.#o.calls.claim_deliveries(claim);
    this.#doubt.end();
    await this.#begin(row, claim, wakes);
  }

  #claimArguments(free: number, { below }: Room, isSweep: boolean): ClaimArguments {
    const { webhookIds, counts } = this.#flight.busy(below && this.#places.slow.from(below));
    const p_limit = Math.min(free, CLAIM_COUNT_MAX);
    return {
      p_worker_id: this.#o.workerId,
      p_limit,
      p_lease_ms: LEASE_MS,
      p_busy_webhook_ids: webhookIds,
      p_busy_counts: counts,
      ...(isSweep ? this.#lanes.sweep() : this.#lanes.next(p_limit, this.#o.buckets())),
    };
  }

  async #begin(row: ClaimRow, claim: ClaimArguments, wakesBefore: number): Promise<void> {
    const deliveries = readClaim(row);
    const isAll = this.#lanes.claimed(claim, row, deliveries);
    if (claim.p_overdue_ms === 0) {
      this.#mayBeDue = !isAll || this.#wakes !== wakesBefore;
      this.#nextReadyMs = row.next_ready_ms ?? this.#o.pollMs;
    }
    this.#places.claimed(deliveries.length);
    if (deliveries.length === 0) return;
    if (deliveries.length >= LOAD_COUNT) this.#o.alarm.disarm();
    await this.#o.prepare(deliveries).catch((error: unknown) => {
      // This lease is not in flight: settling gives it back.
      this.#doubt.begin();
      throw error;
    });
    this.#flight.begin(deliveries);
    this.#places.add(deliveries);
    if (this.#drainUntil !== undefined) this.#places.clear((delivery) => this.#flight.end(delivery));
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const outcome = await this.#o.deliver(delivery);
    this.#flight.end(delivery);
    if (this.#gathered.add({ delivery, outcome }) || this.#flight.count === 0) this.#doze.wake();
  }

  async #rest(mayClaim: boolean): Promise<void> {
    let timeoutMs = this.#gathered.count > 0 ? this.#gathered.dueMs() : this.#o.pollMs;
    if (this.#drainUntil !== undefined) timeoutMs = Math.min(timeoutMs, this.#drainUntil - performance.now());
    if (mayClaim && !this.#mayBeDue) {
      if (!this.#o.alarm.isArmed()) {
        // Whoever raised before the alarm was armed did not ring it: look once more.
        if (await this.#o.alarm.arm()) this.#mayBeDue = true;
        if (this.#mayBeDue) return;
        timeoutMs = Math.min(timeoutMs, UNARMED_SLEEP_MS_MAX);
      }
      timeoutMs = Math.min(timeoutMs, this.#nextReadyMs);
    }
    if (!mayClaim && this.#drainUntil === undefined) timeoutMs = Math.min(timeoutMs, FULL_SLEEP_MS_MAX);
    const isWoken = await this.#doze.sleep(timeoutMs);
    if (!isWoken && mayClaim) this.#mayBeDue = true;
  }

  /** After an error nobody knows whether the claim was committed: what it leased, if so, goes back. */
  async #settleClaims(): Promise<void> {
    const p_keep_lease_ids = this.#flight.openLeaseIds();
    await this.#o.calls.release_leases({ p_worker_id: this.#o.workerId, p_keep_lease_ids });
    this.#lanes.clear();
    this.#doubt.settled();
  }

  async #goodbye(): Promise<void> {
    try {
      while (this.#gathered.count > 0) await this.#record();
      await this.#o.calls.release_leases({ p_worker_id: this.#o.workerId, p_keep_lease_ids: [] });
    } catch (error) {
      this.#o.log.warn('release_leases failed; another worker takes over when the heartbeat stays away', { error });
    }
  }
}
