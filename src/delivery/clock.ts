// Tells the time by the database, so that a worker whose own clock is wrong, or jumps, signs what receivers accept.

/** An answer that took longer says too little about the moment when it was given. */
const ANSWER_MS_MAX = 2_000;

/** Between two answers it goes by the clock that never jumps. */
export class Clock {
  #startMs = Date.now() - performance.now();

  /** Milliseconds since 1970. */
  readonly now = (): number => this.#startMs + performance.now();

  /** Asks, and takes the time from the answer. */
  async follow<T extends { now_at: string }>(ask: () => Promise<T>): Promise<T> {
    const askedMs = performance.now();
    const answer = await ask();
    const answeredMs = performance.now();
    if (answeredMs - askedMs <= ANSWER_MS_MAX) this.#startMs = Date.parse(answer.now_at) - (askedMs + answeredMs) / 2;
    return answer;
  }
}
