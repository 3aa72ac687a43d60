// Keeps a number of processes running: starts again those that end unasked, and replaces them one by one on request.
import { SEATS } from '../config.ts';
import type { Log } from '../log.ts';

/** One process. `ready` rejects when it ends before it was. */
export type Member = {
  pid: number;
  ready: Promise<void>;
  exited: Promise<unknown>;
  /** Asks it to end in order · ends it at once. */
  stop(): void;
  kill(): void;
};

export type CrewOptions = {
  size: number;
  log: Log;
  start(seat: number): Member;
  /** Called after each change, and with the seat that became free. */
  onChange(state: { ready: number; restarts: number; freeSeat?: number }): void;
  /** How long a member may take to end when it was asked to: longer than its own deadline. */
  stopMsMax?: number;
};

const STOP_MS_MAX = 30_000;
const READY_MS_MAX = 60_000;
/** What fails at once again and again is started ever more rarely; what ran this long has not failed at once. */
const RESTART_MS = 100;
const RESTART_MS_MAX = 10_000;
const STEADY_MS = 10_000;

type Place = Member & { isReady: boolean; isLeaving: boolean };

/** See the methods. Each member has a seat: a number that no other has at the same time. */
export class Crew {
  readonly #o: CrewOptions;
  readonly #places = new Map<number, Place>();
  #restarts = 0;
  #failures = 0;
  #isStopping = false;
  #rolling: Promise<boolean> | undefined;

  constructor(options: CrewOptions) {
    this.#o = options;
  }

  /** Starts all; rejects when one of them ends before it is ready. */
  async start(): Promise<void> {
    const places = Array.from({ length: this.#o.size }, (_, seat) => this.#launch(seat));
    await Promise.all(places.map(({ ready }) => ready));
    for (const place of places) this.#watch(place);
  }

  /**
   * Replaces each member by a new one that is ready before the old one is asked to go. False when a new one does not get ready:
   * then the others stay as they are. Who asks meanwhile gets the answer of the replacement that is under way.
   */
  roll(): Promise<boolean> {
    this.#rolling ??= this.#replaceAll().finally(() => {
      this.#rolling = undefined;
    });
    return this.#rolling;
  }

  /** Asks all to end, and resolves when they have. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#places.values()].map((place) => this.#end(place)));
  }

  /** Without waiting. */
  kill(): void {
    this.#isStopping = true;
    for (const place of this.#places.values()) place.kill();
  }

  #launch(seat: number): Place {
    const place: Place = { ...this.#o.start(seat), isReady: false, isLeaving: false };
    this.#places.set(seat, place);
    place.ready = inTime(place.ready, READY_MS_MAX).then(() => {
      place.isReady = true;
      this.#tell();
    });
    // Whoever waits for it hears of a failure; if nobody does, its end is what counts.
    place.ready.catch(() => undefined);
    void place.exited.then(() => {
      if (this.#places.get(seat) === place) this.#places.delete(seat);
      this.#tell(seat);
    });
    return place;
  }

  /** Sees to it that another comes when this one ends unasked. */
  #watch(place: Place): void {
    const startedAt = performance.now();
    // One that never gets ready would be waited for in vain.
    place.ready.catch(() => place.kill());
    void place.exited.then(async () => {
      if (place.isLeaving || this.#isStopping) return;
      this.#failures = performance.now() - startedAt > STEADY_MS ? 0 : this.#failures + 1;
      const delayMs = this.#failures === 0 ? 0 : Math.min(RESTART_MS * 2 ** (this.#failures - 1), RESTART_MS_MAX);
      this.#o.log.error('a process ended unasked; starting another', { pid: place.pid, delay_ms: delayMs });
      await Bun.sleep(delayMs);
      this.#fill();
    });
  }

  #fill(): void {
    while (!this.#isStopping && this.#staying().length < this.#o.size) {
      this.#restarts++;
      this.#watch(this.#launch(this.#freeSeat()));
    }
  }

  async #replaceAll(): Promise<boolean> {
    for (const place of this.#staying()) {
      // It may have ended by itself meanwhile.
      if (this.#isStopping || !this.#staying().includes(place)) continue;
      const next = this.#launch(this.#freeSeat());
      try {
        await next.ready;
      } catch (error) {
        this.#o.log.error('a new process did not get ready; the old ones stay', { error });
        next.isLeaving = true;
        next.kill();
        this.#fill();
        return false;
      }
      this.#watch(next);
      await this.#end(place);
    }
    return true;
  }

  async #end(place: Place): Promise<void> {
    place.isLeaving = true;
    place.stop();
    const timer = setTimeout(() => place.kill(), this.#o.stopMsMax ?? STOP_MS_MAX);
    await place.exited;
    clearTimeout(timer);
  }

  #freeSeat(): number {
    for (let seat = 0; seat < SEATS; seat++) if (!this.#places.has(seat)) return seat;
    throw new Error('There is no free seat.');
  }

  /** Those that are not asked to leave, be they ready or not. */
  #staying(): Place[] {
    return [...this.#places.values()].filter(({ isLeaving }) => !isLeaving);
  }

  #tell(freeSeat?: number): void {
    const ready = this.#staying().filter(({ isReady }) => isReady).length;
    this.#o.onChange({ ready, restarts: this.#restarts, ...(freeSeat === undefined ? {} : { freeSeat }) });
  }
}

async function inTime(ready: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`It was not ready after ${ms} ms.`)), ms);
  await Promise.race([ready, late.promise]).finally(() => clearTimeout(timer));
}
