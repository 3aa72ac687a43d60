// Lets a worker begin with few deliveries at a time and more from moment to moment, so that a backlog does not fall on receivers at once.

/** At a time in the beginning; the same in every worker. */
const FIRST_COUNT = 32;
/** The number doubles in this time: 256 are reached after a second and a half. */
const DOUBLING_MS = 500;
/** So many errors in a row, over about a second and a half, are an outage and not an accident. */
const OUTAGE_ERRORS = 5;

/** How many deliveries of all webhooks together may be under way, after a start and after the database was away. */
export class Ramp {
  #beganAt: number;
  #errors = 0;
  /** The most that it has come to since it began: the clock is asked only until that is enough. */
  #reached = 0;

  /** Begins now. `now` is a clock in milliseconds. */
  constructor(readonly now: () => number = () => performance.now()) {
    this.#beganAt = this.now();
  }

  /** At most so many at a time, never more than `countMax`. It grows with time alone: receivers that hang must not hold up the others. */
  limit(countMax: number): number {
    if (this.#errors >= OUTAGE_ERRORS) return Math.min(countMax, FIRST_COUNT);
    if (this.#reached < countMax) {
      const doublings = Math.max(0, this.now() - this.#beganAt) / DOUBLING_MS;
      // Beyond 2^30 of them the power would only grow to infinity.
      this.#reached = Math.floor(FIRST_COUNT * 2 ** Math.min(30, doublings));
    }
    return Math.min(countMax, this.#reached);
  }

  /** The database did not do what it was asked: for how many times in a row? Should it be away, much will be due when it is back. */
  fail(): number {
    return ++this.#errors;
  }

  /** It did; after an outage the number begins to grow from the first again. */
  go(): void {
    if (this.#errors >= OUTAGE_ERRORS) {
      this.#beganAt = this.now();
      this.#reached = 0;
    }
    this.#errors = 0;
  }
}
