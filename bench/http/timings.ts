// Counts answers and how long each took, in steps of ten microseconds: precise enough for percentiles, and cheap per answer.

/** What came of a run. */
export type Load = {
  per_second: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  /** Of all answers that were waited for, those that failed, never came, or had another status than they should: 0 to 1. */
  error_share: number;
  /** Those before the counting began too. */
  answered: number;
};

const STEPS_PER_MS = 100;
const MS_MAX = 20_000;

/** One run. The first `warmMs` are not counted: connections open, caches fill. */
export class Timings {
  readonly #steps = new Uint32Array(MS_MAX * STEPS_PER_MS + 1);
  readonly #countFrom: number;
  #counted = 0;
  #answered = 0;
  #wrong = 0;
  #lastAt = 0;

  constructor(warmMs: number) {
    this.#countFrom = performance.now() + warmMs;
  }

  add(ms: number, isRight: boolean): void {
    this.#answered++;
    if (!isRight) this.#wrong++;
    const now = performance.now();
    if (now < this.#countFrom) return;
    this.#lastAt = now;
    this.#counted++;
    const step = Math.min(Math.round(ms * STEPS_PER_MS), MS_MAX * STEPS_PER_MS);
    (this.#steps[step] as number)++;
  }

  /** @param lost requests that got no answer */
  report(lost = 0): Load {
    const seconds = (this.#lastAt - this.#countFrom) / 1000;
    return {
      per_second: this.#counted / seconds,
      p50_ms: this.#percentile(0.5),
      p95_ms: this.#percentile(0.95),
      p99_ms: this.#percentile(0.99),
      error_share: (this.#wrong + lost) / Math.max(1, this.#answered + lost),
      answered: this.#answered,
    };
  }

  #percentile(share: number): number {
    let left = Math.ceil(share * this.#counted);
    for (let step = 0; step < this.#steps.length; step++) {
      left -= this.#steps[step] as number;
      if (left <= 0) return step / STEPS_PER_MS;
    }
    return Number.NaN;
  }
}

/** Does `work` again and again, so many at a time, for so long. */
export async function loop(work: () => Promise<unknown>, inFlight: number, ms: number, warmMs: number): Promise<Load> {
  const timings = new Timings(warmMs);
  const end = performance.now() + warmMs + ms;
  const one = async () => {
    while (performance.now() < end) {
      const startedAt = performance.now();
      await work();
      timings.add(performance.now() - startedAt, true);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return timings.report();
}
