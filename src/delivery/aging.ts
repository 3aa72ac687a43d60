// Keeps what began in the order in which it did, and tells of each that lasts for longer than a given time.

/** Something that began, and may be over. */
export type Begun = { atMs: number; isOver: boolean };

/** How many that are over may lie behind one that is not yet old before they are looked through. */
const KEPT_MAX = 4096;

/** Those that begin one after the other; none is told of twice, and none that is over. */
export class Aging<T extends Begun> {
  #begun: T[] = [];
  #next = 0;

  /** @param now Milliseconds of a clock that only moves on. */
  constructor(
    readonly ms: number,
    readonly now: () => number,
    readonly onOld: (one: T) => void,
  ) {}

  add(one: T): void {
    if (this.#begun.push(one) - this.#next > KEPT_MAX) this.age();
  }

  /** Tells of those that have grown old since the last call. */
  age(): void {
    const limit = this.now() - this.ms;
    for (; this.#next < this.#begun.length; this.#next++) {
      const oldest = this.#begun[this.#next] as T;
      if (oldest.isOver) continue;
      if (oldest.atMs > limit) break;
      this.onOld(oldest);
    }
    if (this.#next > 1000) {
      this.#begun = this.#begun.slice(this.#next);
      this.#next = 0;
    }
  }
}
