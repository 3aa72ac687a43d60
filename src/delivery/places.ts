// Gives deliveries that are claimed already their places in flight, so that a place never waits for the database.
import type { Delivery } from './batch.ts';
import { Ramp } from './ramp.ts';

/**
 * Bun keeps 64 idle connections: were more requests than that to fast receivers under way at once, their connections would
 * be closed and opened again for each, at twice the cost.
 */
const YOUNG_MAX = 64;
/** A request that is under way for longer waits for a slow receiver, and keeps nobody else from a connection. */
const YOUNG_MS = 20;

/** Claimed and without a place at most. */
const AHEAD_MAX = 1000;

type Started = { atMs: number; isYoung: boolean };

/** The deliveries of one worker from the claim to the answer. */
export class Places {
  /** Under way now. */
  count = 0;
  #waiting: Delivery[] = [];
  #next = 0;
  /** In the order in which they started; the young ones begin at `#youngFrom`. */
  #started: Started[] = [];
  #youngFrom = 0;
  #young = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * At most `countMax` are under way, fewer while `ramp` says so; `run` makes one delivery and never rejects; `onHungry`: more
   * should be claimed now.
   */
  constructor(
    readonly countMax: number,
    readonly run: (delivery: Delivery) => Promise<void>,
    readonly onHungry: () => void,
    readonly ramp: Ramp = new Ramp(),
  ) {}

  /** So few wait that they may all have started before the database answers. */
  get isHungry(): boolean {
    return this.waiting <= this.countMax >> 1;
  }

  /** How many are claimed and have no place yet. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** How many to claim beyond the places: what ended in the last 20 ms says how many will start before the database answers. */
  aheadOf(endedCount: number): number {
    return Math.min(AHEAD_MAX, 2 * endedCount);
  }

  add(deliveries: readonly Delivery[]): void {
    this.#waiting = this.waiting === 0 ? [...deliveries] : [...this.#waiting.slice(this.#next), ...deliveries];
    this.#next = 0;
    this.#fill();
  }

  /** Starts none of those that wait, and gives each of them to `forget`. */
  clear(forget: (delivery: Delivery) => void): void {
    for (const delivery of this.#waiting.slice(this.#next)) forget(delivery);
    this.#waiting = [];
    this.#next = 0;
    clearTimeout(this.#timer);
  }

  #fill(): void {
    while (this.waiting > 0 && this.count < this.countMax) {
      const isFull = this.count >= this.ramp.limit(this.countMax) || (this.#young >= YOUNG_MAX && !this.#age());
      if (isFull) {
        this.#fillSoon();
        return;
      }
      void this.#start(this.#waiting[this.#next++] as Delivery);
      if (this.waiting === this.countMax >> 1) this.onHungry();
    }
  }

  async #start(delivery: Delivery): Promise<void> {
    if (this.#started.length > 2 * this.countMax + 1000) this.#age();
    const started = { atMs: performance.now(), isYoung: true };
    this.#started.push(started);
    this.#young++;
    this.count++;
    await this.run(delivery);
    this.count--;
    if (started.isYoung) this.#outgrow(started);
    this.#fill();
  }

  #outgrow(started: Started): void {
    started.isYoung = false;
    this.#young--;
  }

  /** Counts out those that are not young any more; true when that made room. */
  #age(): boolean {
    const limit = performance.now() - YOUNG_MS;
    const started = this.#started;
    for (; this.#youngFrom < started.length; this.#youngFrom++) {
      const oldest = started[this.#youngFrom] as Started;
      if (!oldest.isYoung) continue;
      if (oldest.atMs > limit) break;
      this.#outgrow(oldest);
    }
    if (this.#youngFrom > 1000) {
      this.#started = started.slice(this.#youngFrom);
      this.#youngFrom = 0;
    }
    return this.#young < YOUNG_MAX;
  }

  #fillSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#fill();
    }, YOUNG_MS / 2);
  }
}
