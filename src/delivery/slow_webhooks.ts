// Knows which webhooks keep their requests waiting, so that these cannot take the places of all others.
import { Aging, type Begun } from './aging.ts';

/** Who takes longer is slow, as a receiver on another continent is; and who takes longer than the second hangs. */
const LEVELS_MS = [50, 2_000] as const;
/** Slow webhooks without a request under way that are remembered: those that hang first, and then those that were slow lately. */
const IDLE_MAX = 1_000;

/** 0: answers quickly; 1: is slow; 2: hangs. */
export type Level = 0 | 1 | 2;
/** A level at which webhooks can be held back. */
export type SlowLevel = 1 | 2;

type Lane = {
  webhookId: number;
  level: Level;
  underWay: number;
  /** Of them, by level. */
  byLevel: [number, number, number];
};

/** One request under way. */
export type Request = Begun & { lane: Lane; level: Level };

/** The webhooks of one worker. One is at the level of its longest request under way, and at least at that of its last answer. */
export class SlowWebhooks {
  readonly #lanes = new Map<number, Lane>();
  readonly #slow = { 1: new Set<number>(), 2: new Set<number>() };
  /** Without a request under way, the one that has been so for longest first. */
  readonly #idle = { 1: new Set<Lane>(), 2: new Set<Lane>() };
  /** Requests under way by the level of their webhook. */
  readonly #counts: [number, number, number] = [0, 0, 0];
  readonly #quick: Aging<Request>;
  readonly #long: Aging<Request>;

  /** @param now Milliseconds of a clock that only moves on. */
  constructor(readonly now: () => number) {
    this.#long = new Aging<Request>(LEVELS_MS[1], now, (request) => this.#raise(request, 2));
    this.#quick = new Aging<Request>(LEVELS_MS[0], now, (request) => {
      this.#raise(request, 1);
      this.#long.add(request);
    });
  }

  /** The webhooks at this level or above, as of the last `age`. */
  from(level: SlowLevel): ReadonlySet<number> {
    return this.#slow[level];
  }

  /** The level of one webhook. */
  levelOf(webhookId: number): Level {
    return this.#lanes.get(webhookId)?.level ?? 0;
  }

  /** Requests under way to webhooks below this level. */
  countBelow(level: SlowLevel): number {
    return level === 1 ? this.#counts[0] : this.#counts[0] + this.#counts[1];
  }

  /** Looks which requests have waited for long by now. */
  age(): void {
    this.#quick.age();
    this.#long.age();
  }

  start(webhookId: number): Request {
    const lane = this.#lanes.get(webhookId) ?? this.#add(webhookId);
    if (lane.underWay === 0 && lane.level > 0) this.#idle[lane.level as SlowLevel].delete(lane);
    const request: Request = { lane, level: 0, atMs: this.now(), isOver: false };
    lane.underWay++;
    lane.byLevel[0]++;
    this.#counts[lane.level]++;
    this.#quick.add(request);
    return request;
  }

  end(request: Request): void {
    const { lane } = request;
    const ms = this.now() - request.atMs;
    if (ms >= LEVELS_MS[0]) this.#raise(request, ms >= LEVELS_MS[1] ? 2 : 1);
    request.isOver = true;
    lane.underWay--;
    lane.byLevel[request.level]--;
    this.#counts[lane.level]--;
    this.#settle(lane, request.level);
    if (lane.underWay > 0) return;
    if (lane.level === 0) this.#lanes.delete(lane.webhookId);
    else this.#idle[lane.level].add(lane);
    if (this.#idle[1].size + this.#idle[2].size > IDLE_MAX) this.#forgetOne();
  }

  /** Many receivers are somewhat slow: these must not push out those that hang. */
  #forgetOne(): void {
    const kind = this.#idle[1].size > 0 ? this.#idle[1] : this.#idle[2];
    const lane = kind.values().next().value as Lane;
    kind.delete(lane);
    this.#settle(lane, 0);
    this.#lanes.delete(lane.webhookId);
  }

  #add(webhookId: number): Lane {
    const lane: Lane = { webhookId, level: 0, underWay: 0, byLevel: [0, 0, 0] };
    this.#lanes.set(webhookId, lane);
    return lane;
  }

  #raise(request: Request, level: SlowLevel): void {
    const { lane } = request;
    if (request.level >= level) return;
    lane.byLevel[request.level]--;
    lane.byLevel[level]++;
    request.level = level;
    if (lane.level < level) this.#settle(lane, level);
  }

  /** Sets the level of a webhook: this one, or that of its longest request. */
  #settle(lane: Lane, least: Level): void {
    const level = lane.byLevel[2] > 0 ? 2 : lane.byLevel[1] > 0 && least === 0 ? 1 : least;
    if (level === lane.level) return;
    this.#counts[lane.level] -= lane.underWay;
    this.#counts[level] += lane.underWay;
    lane.level = level;
    for (const each of [1, 2] as const) {
      if (level >= each) this.#slow[each].add(lane.webhookId);
      else this.#slow[each].delete(lane.webhookId);
    }
  }
}
