// Gives deliveries that are claimed already their places in flight, so that a place never waits for the database.
import { Aging, type Begun } from './aging.ts';
import type { Delivery } from './batch.ts';
import type { Flight } from './flight.ts';
import { Ramp } from './ramp.ts';
import { type SlowLevel, SlowWebhooks } from './slow_webhooks.ts';

/** More requests than that to fast receivers at once are not faster together: they wait for each other, and each costs a connection. */
const YOUNG_MAX = 64;
/** A request that is under way for longer waits for a slow receiver, and keeps nobody else waiting. */
const YOUNG_MS = 20;

/** How often to look whether a webhook that is not slow has something, while slow ones have all places. */
const SPARE_MS = 20;

/** Claimed and without a place at most. */
const AHEAD_MAX = 1000;

/** How many more to claim: `free` of `of` places, and `ahead` beyond them; `below`: only for webhooks below this level. */
export type Room = { free: number; of: number; ahead: number; below?: SlowLevel };

/**
 * The deliveries of one worker from the claim to the answer. All webhooks share the places. When those that hang have taken them,
 * the others still have spare ones, a quarter as many, and of these when slow ones have taken them, too, those that answer quickly.
 */
export class Places {
  /** Under way now. */
  count = 0;
  readonly slow: SlowWebhooks;
  readonly #young: Aging<Begun>;
  #youngCount = 0;
  #waiting: Delivery[] = [];
  #next = 0;
  /** Of slow webhooks, passed over while there were only spare places. */
  #passed: Delivery[] = [];
  /** Whether the last room was one of spare places, and from when on these are worth a claim again. */
  #isSpare = false;
  #spareAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * At most `countMax` are under way, fewer while `ramp` says so, and at most twice as many with spare places; `run` makes one
   * delivery and never rejects; `onHungry`: more should be claimed now.
   */
  constructor(
    readonly countMax: number,
    readonly run: (delivery: Delivery) => Promise<void>,
    readonly onHungry: () => void,
    readonly ramp: Ramp = new Ramp(),
  ) {
    this.slow = new SlowWebhooks(ramp.now);
    this.#young = new Aging<Begun>(YOUNG_MS, ramp.now, (started) => this.#outgrow(started));
  }

  /** So few wait that they may all have started before the database answers. */
  get isHungry(): boolean {
    return this.waiting <= this.countMax >> 1;
  }

  /** How many are claimed and have no place yet. */
  get waiting(): number {
    return this.#waiting.length - this.#next + this.#passed.length;
  }

  /**
   * How many more to claim. What ended in the last 20 ms says how many will start before the database answers; but not of slow
   * webhooks. Where few other places are left, spare ones count.
   */
  room(flight: Flight, endedCount: number): Room {
    const of = this.ramp.limit(this.countMax);
    const free = of - flight.count;
    const ahead = Math.min(AHEAD_MAX, 2 * endedCount);
    this.#isSpare = false;
    if (isWorthwhile({ free, of })) return { free, of, ahead };
    this.slow.age();
    const spareOf = this.#spareOf(of);
    const spareBelow = (level: SlowLevel) => {
      const others = flight.count - flight.countOf(this.slow.from(level));
      return Math.min(spareOf - others, 2 * this.countMax - flight.count);
    };
    const below = isWorthwhile({ free: spareBelow(2), of: spareOf }) ? 2 : 1;
    const spare = spareBelow(below);
    if (spare <= free) return { free, of, ahead };
    this.#isSpare = this.ramp.now() >= this.#spareAt;
    return this.#isSpare ? { free: spare, of: spareOf, ahead, below } : { free, of, ahead: 0 };
  }

  /** What a claim for the last room gave. Nothing: then lanes of slow webhooks are all that there is, and a look at them is dear. */
  claimed(count: number): void {
    if (this.#isSpare) this.#spareAt = count > 0 ? 0 : this.ramp.now() + SPARE_MS;
  }

  add(deliveries: readonly Delivery[]): void {
    const isEmpty = this.#next === this.#waiting.length;
    this.#waiting = isEmpty ? [...deliveries] : [...this.#waiting.slice(this.#next), ...deliveries];
    this.#next = 0;
    this.#fill();
  }

  /** Starts none of those that wait, and gives each of them to `forget`. */
  clear(forget: (delivery: Delivery) => void): void {
    for (const delivery of [...this.#passed, ...this.#waiting.slice(this.#next)]) forget(delivery);
    this.#passed = [];
    this.#waiting = [];
    this.#next = 0;
    clearTimeout(this.#timer);
  }

  #fill(): void {
    while (this.waiting > 0) {
      if (this.#youngCount >= YOUNG_MAX) this.#young.age();
      const delivery = this.#youngCount < YOUNG_MAX ? this.#take() : undefined;
      if (delivery === undefined) {
        // The next one to end fills its place; but time alone may make room, too.
        this.#fillSoon();
        return;
      }
      void this.#start(delivery);
      if (this.waiting === this.countMax >> 1) this.onHungry();
    }
  }

  /** The next that has a place. */
  #take(): Delivery | undefined {
    const limit = this.ramp.limit(this.countMax);
    if (this.count < limit) return this.#passed.shift() ?? this.#waiting[this.#next++];
    this.slow.age();
    while (this.#next < this.#waiting.length && this.#hasSpare(1, limit)) {
      const delivery = this.#waiting[this.#next++] as Delivery;
      const level = this.slow.levelOf(delivery.webhookId);
      if (level === 0 || (level === 1 && this.#hasSpare(2, limit))) return delivery;
      this.#passed.push(delivery);
    }
    return undefined;
  }

  #hasSpare(below: SlowLevel, limit: number): boolean {
    return this.slow.countBelow(below) < this.#spareOf(limit) && this.count < 2 * this.countMax;
  }

  #spareOf(limit: number): number {
    return Math.max(1, Math.min(limit, this.countMax >> 2));
  }

  async #start(delivery: Delivery): Promise<void> {
    const request = this.slow.start(delivery.webhookId);
    const started = { atMs: request.atMs, isOver: false };
    this.#young.add(started);
    this.#youngCount++;
    this.count++;
    await this.run(delivery);
    this.count--;
    this.slow.end(request);
    if (!started.isOver) this.#outgrow(started);
    this.#fill();
  }

  #outgrow(started: Begun): void {
    started.isOver = true;
    this.#youngCount--;
  }

  #fillSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#fill();
    }, YOUNG_MS / 2);
  }
}

/** Small refills would cost a round trip each: an eighth must be free. */
export function isWorthwhile({ free, of }: Pick<Room, 'free' | 'of'>): boolean {
  return free >= Math.max(1, of >> 3);
}
