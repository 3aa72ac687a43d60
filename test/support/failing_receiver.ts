// A receiver that fails in its own way, called at random times by somebody with Tocsin's breaker.
import type { makeDice } from './dice.ts';

/** How receivers behave, and how many of each kind there are. */
export const regimes = {
  /** Fails now and then. */
  steady: 0.35,
  /** Fails in waves that come and go. */
  flaky: 0.2,
  /** Answers later and later, then mostly fails for a while; or gets well again instead. */
  degrading: 0.2,
  /** Is down for a while, without a warning, again and again. */
  sudden: 0.15,
  /** Is overloaded at the busy time of the day. */
  diurnal: 0.1,
} as const;
export type Regime = keyof typeof regimes;

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

type Dice = ReturnType<typeof makeDice>;
type Trouble = { from: number; warningFrom: number; until: number; share: number; latencyFactor: number };

export class Receiver {
  readonly #volume: number;
  readonly #isDaily: boolean;
  readonly #base: number;
  readonly #middleMs: number;
  readonly #width: number;
  readonly #troubles: Trouble[] = [];
  readonly #phase: number;
  readonly #unrest: number;
  readonly #calmMs: number;
  #wave = 0;
  #waveAt: number;
  #next: number;
  #streak = 0;
  #trips = 0;
  #openUntil = 0;
  #isProbe = false;
  #opens: [number, number][] = [];

  /** @param start first moment, @param now the moment that later will be judged, both in milliseconds */
  constructor(
    readonly regime: Regime,
    start: number,
    now: number,
    readonly dice: Dice,
  ) {
    this.#volume = 10 ** (0.5 + 2.5 * dice.random());
    this.#isDaily = regime === 'diurnal' || dice.random() < 0.4;
    this.#base = 10 ** (-4 + 2.3 * dice.random());
    this.#middleMs = 10 ** (0.9 + 1.7 * dice.random());
    this.#width = 0.15 + 0.6 * dice.random();
    this.#phase = dice.random() * 24 * hourMs;
    this.#unrest = 0.7 + dice.random();
    this.#calmMs = (20 + 160 * dice.random()) * minuteMs;
    this.#waveAt = start;
    this.#next = start;
    if (regime === 'sudden') this.#planOutages(start, now);
    if (regime === 'degrading') this.#planDecline(now);
  }

  /** Makes the calls of a span; `tell` gets the latency of each, null for a failure. */
  play(from: number, until: number, tell: (ms: number | null) => void): void {
    const { dice } = this;
    for (this.#next = Math.max(this.#next, from); ; ) {
      const perMs = (this.#volume * this.#load(this.#next)) / hourMs;
      this.#next += -Math.log(1 - dice.random()) / perMs;
      if (this.#next >= until) return;
      if (this.#next < this.#openUntil) continue;
      const fails = dice.random() < this.#failureShare(this.#next);
      tell(fails ? null : this.#latency(this.#next));
      this.#judge(fails, this.#next);
    }
  }

  openSecondsIn(from: number, until: number): number {
    const spans = this.#opens.map(([a, b]) => Math.max(0, Math.min(b, until) - Math.max(a, from)));
    // Sampled every five seconds, as the history has it.
    return Math.round(spans.reduce((sum, ms) => sum + ms, 0) / 5_000) * 5;
  }

  /** The breaker: five in a row, half a minute doubling to fifteen, one probe after it. */
  #judge(fails: boolean, at: number): void {
    if (!fails) {
      this.#streak = 0;
      this.#trips = 0;
      this.#isProbe = false;
      return;
    }
    this.#streak++;
    if (this.#streak < 5 && !this.#isProbe) return;
    this.#openUntil = at + Math.min(900, 30 * 2 ** this.#trips++) * secondMs * (0.9 + 0.2 * this.dice.random());
    this.#opens.push([at, this.#openUntil]);
    this.#isProbe = true;
  }

  #load(at: number): number {
    return this.#isDaily ? 1 + 0.8 * Math.sin(((at + this.#phase) / (24 * hourMs)) * 2 * Math.PI) : 1;
  }

  #failureShare(at: number): number {
    const trouble = this.#troubles.find(({ warningFrom, until }) => at >= warningFrom && at < until);
    if (trouble !== undefined && at >= trouble.from) return trouble.share;
    // The last third of a decline fails more and more.
    const ripe =
      trouble === undefined ? 0 : Math.max(0, (at - trouble.warningFrom) / (trouble.from - trouble.warningFrom) - 0.67);
    if (this.regime === 'flaky') return sigmoid(this.#waveOf(at) * this.#unrest * 1.6 - 3.2);
    const excess =
      this.regime === 'diurnal' ? Math.max(0, this.#load(at) - 1.35 - 0.3 * (this.#unrest - 0.7)) * 1.6 : 0;
    return Math.min(0.95, this.#base + (trouble?.share ?? 0) * ripe * 0.6 + excess);
  }

  #latency(at: number): number {
    const trouble = this.#troubles.find(({ warningFrom, until }) => at >= warningFrom && at < until);
    const far =
      trouble === undefined
        ? 0
        : Math.min(1, (at - trouble.warningFrom) / Math.max(1, trouble.from - trouble.warningFrom));
    const busy = this.regime === 'diurnal' ? Math.max(1, this.#load(at)) ** 2 : 1;
    return this.#middleMs * busy * (trouble?.latencyFactor ?? 1) ** far * Math.exp(this.#width * this.dice.gauss());
  }

  /** A random walk that returns to its middle, moved on minute by minute. */
  #waveOf(at: number): number {
    for (; this.#waveAt < at; this.#waveAt += minuteMs) {
      const keep = Math.exp(-minuteMs / this.#calmMs);
      this.#wave = this.#wave * keep + Math.sqrt(1 - keep * keep) * this.dice.gauss();
    }
    return this.#wave;
  }

  #planOutages(start: number, now: number): void {
    const perDay = 10 ** (-0.5 + 1.1 * this.dice.random());
    for (let at = start; ; ) {
      at += (-Math.log(1 - this.dice.random()) / perDay) * 24 * hourMs;
      if (at > now + hourMs) return;
      const until = at + this.#outageMs();
      this.#troubles.push({
        from: at,
        warningFrom: at,
        until,
        share: 0.85 + 0.15 * this.dice.random(),
        latencyFactor: 1,
      });
      at = until;
    }
  }

  #planDecline(now: number): void {
    const { dice } = this;
    const from = now + (-6 + 7.5 * dice.random()) * hourMs;
    const warningFrom = from - (10 + 100 * dice.random()) * minuteMs;
    const isFalseAlarm = dice.random() < 0.35;
    this.#troubles.push({
      from,
      warningFrom,
      until: isFalseAlarm ? from : from + this.#outageMs(),
      share: isFalseAlarm ? 0 : 0.5 + 0.5 * dice.random(),
      latencyFactor: 2 + 10 * dice.random(),
    });
  }

  #outageMs(): number {
    return 40 * minuteMs * Math.exp(1.1 * this.dice.gauss());
  }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
