// Counts requests per subject and says which are too many: a token bucket, kept as one time per subject (GCRA).
import { LRUCache } from 'lru-cache';

/** What a check found. */
export interface RateVerdict {
  isAllowed: boolean;
  limit: number;
  /** Requests that would be allowed now. */
  remaining: number;
  /** When the whole limit is there again if nothing more comes: seconds since 1970. */
  resetAt: number;
  /** Whole seconds until one request is allowed; 0 when one is now. */
  retryAfterSeconds: number;
}

/** Whoever counts; the answer comes as a promise only when another process had to be asked. */
export interface RateCounter {
  /** Counts one request of this subject, unless it is one too many. `limit` may come at once, and as many again over the window. */
  checkRateLimit(subject: string, limit: number, windowSeconds: number): RateVerdict | Promise<RateVerdict>;
}

/** For so many subjects. One that is pushed out starts afresh; only those that were quiet longest are. */
const SUBJECTS_MAX = 100_000;
/** Sums of intervals are not exact to the last bit. */
const TOLERANCE_MS = 1e-6;

/** Counts in the memory of this process. Times are those of a clock that never jumps. */
export class MemoryRateCounter implements RateCounter {
  /** Per subject the time at which its bucket is full again, in an array that is changed in place. */
  readonly #fullAt: LRUCache<string, [number]>;

  constructor(
    private readonly now: () => number = () => performance.now(),
    subjectsMax = SUBJECTS_MAX,
  ) {
    this.#fullAt = new LRUCache({ max: subjectsMax });
  }

  checkRateLimit(subject: string, limit: number, windowSeconds: number): RateVerdict {
    const now = this.now();
    const bucket = this.#bucketOf(subject);
    const intervalMs = (windowSeconds * 1000) / limit;
    const fullAt = Math.max(bucket[0], now) + intervalMs;
    const isAllowed = fullAt - now <= windowSeconds * 1000 + TOLERANCE_MS;
    if (isAllowed) bucket[0] = fullAt;
    return verdictOf(isAllowed, limit, windowSeconds, Math.max(bucket[0] - now, 0));
  }

  /** Takes over what others counted: the bucket is full no earlier than so long from now. */
  raise(subject: string, busyMs: number): void {
    const bucket = this.#bucketOf(subject);
    bucket[0] = Math.max(bucket[0], this.now() + busyMs);
  }

  #bucketOf(subject: string): [number] {
    let bucket = this.#fullAt.get(subject);
    if (bucket === undefined) {
      bucket = [0];
      this.#fullAt.set(subject, bucket);
    }
    return bucket;
  }
}

/** @param busyMs the time until the bucket is full again */
export function verdictOf(isAllowed: boolean, limit: number, windowSeconds: number, busyMs: number): RateVerdict {
  const windowMs = windowSeconds * 1000;
  const intervalMs = windowMs / limit;
  const remaining = Math.max(Math.floor((windowMs - busyMs + TOLERANCE_MS) / intervalMs), 0);
  return {
    isAllowed,
    limit,
    remaining,
    resetAt: Math.ceil((Date.now() + busyMs) / 1000),
    retryAfterSeconds: isAllowed ? 0 : Math.max(Math.ceil((busyMs + intervalMs - windowMs) / 1000), 1),
  };
}
