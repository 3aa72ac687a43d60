// Lets nobody wait long for a server that one can do without: it is given a few milliseconds, and after a failure a pause.

/** How long an answer may take. Others wait at most as long behind it: then all are told at once. */
const WAIT_MS = 5;
/** After an answer that did not come in time nobody asks for so long; then one tries. */
const PAUSE_MS = 1_000;
/** One late answer says as much about a busy machine as about the server; so many in a row, each after a pause, speak of the server. */
const FAILURES_TO_BREAK = 3;

type Asked = { deadline: number; giveUp: () => void };

/** One per server that is asked. Times are on the clock of `performance.now()`. */
export class Circuit {
  /** In the order of their deadlines. */
  readonly #waiting = new Set<Asked>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pausedUntil = 0;
  #failures = 0;
  #isTrying = false;

  constructor(
    private readonly waitMs = WAIT_MS,
    private readonly pauseMs = PAUSE_MS,
  ) {}

  /** False while nobody is to ask; while somebody tries again after a pause, too. */
  get isClosed(): boolean {
    return this.#pausedUntil === 0 || (!this.#isTrying && performance.now() >= this.#pausedUntil);
  }

  /** True while nobody is to ask because the server failed each time that it was tried. */
  get isBroken(): boolean {
    return !this.isClosed && this.#failures >= FAILURES_TO_BREAK;
  }

  /** The answer, or undefined when it is late, fails, or is not asked for. Never rejects. */
  ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    if (!this.isClosed) return Promise.resolve(undefined);
    this.#isTrying = this.#pausedUntil !== 0;
    return new Promise((resolve) => {
      const asked: Asked = {
        deadline: performance.now() + this.waitMs,
        giveUp: () => {
          this.#pause();
          resolve(undefined);
        },
      };
      this.#waiting.add(asked);
      this.#timer ??= setTimeout(this.#look, this.waitMs);
      question().then(
        (answer) => {
          // What comes after its deadline, but was given up by nobody yet, is an answer all the same.
          if (this.#waiting.delete(asked)) this.#resume();
          resolve(answer);
        },
        () => {
          if (this.#waiting.delete(asked)) this.#pause();
          resolve(undefined);
        },
      );
    });
  }

  readonly #look = (): void => {
    const now = performance.now();
    this.#timer = setTimeout(() => this.#expire(now), 1);
  };

  /**
   * The event loop reads sockets, then runs timers. After a long computation a timer fires before the answer is read that came
   * meanwhile: so nobody is given up before the loop went round once more, or a busy process would blame the server for its own
   * slowness.
   */
  #expire(now: number): void {
    let next: Asked | undefined;
    for (const asked of this.#waiting) {
      if (asked.deadline > now) {
        next = asked;
        break;
      }
      this.#waiting.delete(asked);
      asked.giveUp();
    }
    this.#timer = next && setTimeout(this.#look, Math.max(0, next.deadline - performance.now()));
  }

  #pause(): void {
    this.#isTrying = false;
    // Those who asked at the same time are one failure.
    if (performance.now() >= this.#pausedUntil) this.#failures++;
    this.#pausedUntil = performance.now() + this.pauseMs;
  }

  #resume(): void {
    this.#isTrying = false;
    this.#failures = 0;
    this.#pausedUntil = 0;
  }
}
