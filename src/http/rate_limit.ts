// Limits the requests of each caller, and says on every answer how many are left.
import type { Config } from '../config.ts';
import { counters } from '../store/meter_specs.ts';
import type { Meters } from '../store/meters.ts';
import type { RateCounter, RateVerdict } from '../store/rate_counter.ts';
import { Problem } from './problem.ts';

export interface RateLimitDeps {
  config: Pick<Config, 'rateLimitWindowSeconds'>;
  rates: RateCounter;
  meters?: Pick<Meters, 'add'> | undefined;
}

/**
 * Counts a request of this subject and sets the headers of its answer. Resolves at once unless Redis had to be asked.
 * @throws Problem 429 when it is one too many
 */
export function limitRate(
  { config, rates, meters }: RateLimitDeps,
  subject: string,
  limit: number,
  headers: Record<string, unknown>,
): void | Promise<void> {
  const verdict = rates.checkRateLimit(subject, limit, config.rateLimitWindowSeconds);
  return verdict instanceof Promise
    ? verdict.then((late) => tell(late, headers, meters))
    : tell(verdict, headers, meters);
}

function tell(
  { isAllowed, limit, remaining, resetAt, retryAfterSeconds }: RateVerdict,
  headers: Record<string, unknown>,
  meters: RateLimitDeps['meters'],
): void {
  headers['x-ratelimit-limit'] = String(limit);
  headers['x-ratelimit-remaining'] = String(remaining);
  headers['x-ratelimit-reset'] = String(resetAt);
  if (isAllowed) return;
  meters?.add(counters.rateLimited);
  throw new Problem('RATE_LIMITED', `These are too many requests; try again in ${retryAfterSeconds} s.`, [], {
    'retry-after': String(retryAfterSeconds),
  });
}
