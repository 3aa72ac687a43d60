// Shares the counts of requests among all processes through Redis, and goes on alone while Redis is away.
import { MemoryRateCounter, type RateCounter, type RateVerdict, verdictOf } from './rate_counter.ts';
import type { RedisClient } from './redis.ts';

/** A request waits no longer for Redis; then this process's own count decides. */
const WAIT_MS_MAX = 5;
/** The part of a limit that must be left for a request to pass before Redis was asked. */
const UNASKED_ABOVE = 0.9;
const PREFIX = 'tocsin-rate:';

/**
 * KEYS[1] the subject's time at which its bucket is full again, in µs of the clock of Redis, which all processes share.
 * ARGV: the interval between two requests and the window, in µs; requests that were let through already; 1 to ask for one more.
 * Returns whether that one is allowed, and the µs until the bucket is full.
 */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
full = math.min(full + ARGV[3] * interval, math.max(full, now + window))
local allowed = 1
if ARGV[4] == '1' then
  if full + interval - now > window + 0.5 then allowed = 0 else full = full + interval end
end
if full > now then
  redis.call('SET', KEYS[1], string.format('%.17g', full), 'PX', math.ceil((full - now) / 1000) + 1000)
end
return {allowed, math.ceil(full - now)}
`;

type ScriptedClient = RedisClient & {
  tocsinRate(
    key: string,
    intervalUs: number,
    windowUs: number,
    passed: number,
    asked: 0 | 1,
  ): Promise<[allowed: number, busyUs: number]>;
};

/** Requests of a subject that passed without asking and are still to be told to Redis. */
interface Debt {
  passed: number;
  isTelling: boolean;
}

/**
 * Each process also counts for itself. While that count leaves nine tenths of the limit, as it does unless the subject is in
 * a burst, a request passes at once and is told to Redis afterwards; when it leaves none, the request is refused at once, since
 * others can only have counted more; between, Redis decides. So a limit holds however many processes serve the subject: what
 * slips through is at most a tenth of it for each further process that meets the first requests of a burst at the same moment.
 */
export class SharedRateCounter implements RateCounter {
  readonly #client: ScriptedClient;
  readonly #memory = new MemoryRateCounter();
  readonly #debts = new Map<string, Debt>();

  constructor(
    client: RedisClient,
    private readonly waitMsMax = WAIT_MS_MAX,
  ) {
    client.defineCommand('tocsinRate', { numberOfKeys: 1, lua: script });
    this.#client = client as ScriptedClient;
  }

  checkRateLimit(subject: string, limit: number, windowSeconds: number): RateVerdict | Promise<RateVerdict> {
    const own = this.#memory.checkRateLimit(subject, limit, windowSeconds);
    if (!own.isAllowed || this.#client.status !== 'ready') return own;
    if (own.remaining < limit * UNASKED_ABOVE) return this.#ask(subject, limit, windowSeconds, own);
    const debt = this.#debtOf(subject);
    debt.passed++;
    if (!debt.isTelling) void this.#tell(subject, limit, windowSeconds, debt);
    return own;
  }

  /** One message at a time per subject carries all that passed meanwhile: a busy subject does not cost a command per request. */
  async #tell(subject: string, limit: number, windowSeconds: number, debt: Debt): Promise<void> {
    debt.isTelling = true;
    while (debt.passed > 0) {
      const { passed } = debt;
      debt.passed = 0;
      await this.#run(subject, limit, windowSeconds, passed, 0);
    }
    this.#debts.delete(subject);
  }

  async #ask(subject: string, limit: number, windowSeconds: number, own: RateVerdict): Promise<RateVerdict> {
    const debt = this.#debts.get(subject);
    const passed = debt?.passed ?? 0;
    if (debt) debt.passed = 0;
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), this.waitMsMax);
    const answer = await Promise.race([this.#run(subject, limit, windowSeconds, passed, 1), late.promise]);
    clearTimeout(timer);
    return answer ?? own;
  }

  /** Undefined when Redis did not take it. */
  async #run(subject: string, limit: number, windowSeconds: number, passed: number, asked: 0 | 1) {
    try {
      const windowUs = windowSeconds * 1_000_000;
      const [allowed, busyUs] = await this.#client.tocsinRate(
        PREFIX + subject,
        windowUs / limit,
        windowUs,
        passed,
        asked,
      );
      this.#memory.raise(subject, busyUs / 1000);
      return verdictOf(allowed === 1, limit, windowSeconds, busyUs / 1000);
    } catch {
      return undefined;
    }
  }

  #debtOf(subject: string): Debt {
    let debt = this.#debts.get(subject);
    if (debt === undefined) {
      debt = { passed: 0, isTelling: false };
      this.#debts.set(subject, debt);
    }
    return debt;
  }
}
