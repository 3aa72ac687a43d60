// Answers hot reads from memory, then from Redis, then by loading: both levels hold the bytes that are sent, and their ETag.
import { hash } from 'bun';
import { LRUCache } from 'lru-cache';
import type { Epochs, Tag } from './epochs.ts';
import type { L2 } from './l2.ts';

/** An answer as it is sent. */
export type Cached = { bytes: Uint8Array; etag: string };
export type CacheSource = 'l1' | 'l2' | 'miss';
export type CacheAnswer = { cached: Cached; source: CacheSource };

type Entry = { cached: Cached; epoch: number; freshUntil: number; staleUntil: number };

/** In Redis, what depends on tags of all tenants (`0:…`) is kept no longer: those tags are not versioned there. */
const SHARED_TTL_MS = 1_000;

export type CacheOptions = {
  epochs: Epochs;
  itemsMax: number;
  bytesMax: number;
  /** The backstop: how long an entry may live if no invalidation reaches it. Each entry's is off by up to 10 %. */
  ttlMs: number;
  l2?: L2 | undefined;
};

/** What a read may deviate in. */
export type ReadOptions = {
  ttlMs?: number;
  /** For so long after its time an entry is still served, while one reader fetches the next: for dashboards. */
  staleMs?: number;
};

/** What `GET /cache/stats` says. */
export type CacheStats = {
  l1Hits: number;
  l2Hits: number;
  misses: number;
  evicted: number;
  entries: number;
  bytes: number;
};

/** See the methods; one per process. */
export class Cache {
  readonly #o: CacheOptions;
  readonly #entries: LRUCache<string, Entry>;
  /** One load at a time per key; keyed with the epoch, so that a read after a change never joins a load from before it. */
  readonly #loading = new Map<string, Promise<CacheAnswer>>();
  readonly #counts = { l1Hits: 0, l2Hits: 0, misses: 0, evicted: 0 };

  constructor(options: CacheOptions) {
    this.#o = options;
    this.#entries = new LRUCache({
      max: options.itemsMax,
      maxSize: options.bytesMax,
      sizeCalculation: ({ cached }, key) => cached.bytes.length + key.length + 200,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') this.#counts.evicted++;
      },
    });
  }

  get bytesMax(): number {
    return this.#o.bytesMax;
  }

  get l2Status(): 'ready' | 'away' | 'disabled' {
    const { l2 } = this.#o;
    if (l2 === undefined) return 'disabled';
    return l2.isReady() ? 'ready' : 'away';
  }

  /** The answer if memory has it: no promise, no copy. */
  peek(key: string, tags: readonly Tag[]): Cached | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.epoch !== this.#o.epochs.sum(tags) || performance.now() > entry.freshUntil)
      return undefined;
    this.#counts.l1Hits++;
    return entry.cached;
  }

  /**
   * The answer from the nearest place that has it. `load` makes the JSON text; its rejection reaches everyone who waits
   * for it and is not kept.
   */
  async read(
    key: string,
    tags: readonly Tag[],
    load: () => Promise<string>,
    options: ReadOptions = {},
  ): Promise<CacheAnswer> {
    const hit = this.peek(key, tags);
    if (hit !== undefined) return { cached: hit, source: 'l1' };
    const epoch = this.#o.epochs.sum(tags);
    const stale = this.#entries.get(key);
    const flightKey = `${epoch} ${key}`;
    let loading = this.#loading.get(flightKey);
    if (loading === undefined) {
      loading = this.#fetch(key, tags, epoch, load, options).finally(() => this.#loading.delete(flightKey));
      this.#loading.set(flightKey, loading);
    }
    if (stale !== undefined && stale.epoch === epoch && performance.now() < stale.staleUntil) {
      loading.catch(() => undefined);
      this.#counts.l1Hits++;
      return { cached: stale.cached, source: 'l1' };
    }
    return loading;
  }

  async #fetch(key: string, tags: readonly Tag[], epoch: number, load: () => Promise<string>, options: ReadOptions) {
    const found = await this.#o.l2?.get(key, tags);
    if (found?.cached !== undefined) {
      this.#counts.l2Hits++;
      this.#keep(key, epoch, found.cached, options);
      return { cached: found.cached, source: 'l2' as const };
    }
    this.#counts.misses++;
    const bytes = Buffer.from(await load());
    const cached = { bytes, etag: `"${hash.wyhash(bytes).toString(36)}"` };
    this.#keep(key, epoch, cached, options);
    const l2TtlMs = tags.some((tag) => tag.startsWith('0:')) ? SHARED_TTL_MS : (options.ttlMs ?? this.#o.ttlMs);
    if (found !== undefined) this.#o.l2?.set(key, cached, found.versions, l2TtlMs);
    return { cached, source: 'miss' as const };
  }

  /** The epoch is the one from before the load: a change meanwhile makes the entry stillborn. */
  #keep(key: string, epoch: number, cached: Cached, options: ReadOptions): void {
    const freshUntil = performance.now() + (options.ttlMs ?? this.#o.ttlMs) * (0.9 + 0.2 * Math.random());
    this.#entries.set(key, { cached, epoch, freshUntil, staleUntil: freshUntil + (options.staleMs ?? 0) });
  }

  /** After a write: everything with this tag is out of date, here, in every process of this machine, and in Redis. */
  async invalidate(tag: Tag): Promise<void> {
    this.#o.epochs.bump(tag);
    await this.#o.l2?.invalidate(tag);
  }

  /** Drops keys that match a `*` pattern from both levels; returns how many memory had. */
  async drop(pattern: string): Promise<number> {
    const test = patternOf(pattern);
    let dropped = 0;
    for (const key of [...this.#entries.keys()]) if (test(key) && this.#entries.delete(key)) dropped++;
    await this.#o.l2?.drop(pattern);
    return dropped;
  }

  /** Keys in memory, the most used lately first. */
  keys(): string[] {
    return [...this.#entries.keys()];
  }

  stats(): CacheStats {
    return { ...this.#counts, entries: this.#entries.size, bytes: this.#entries.calculatedSize };
  }
}

function patternOf(pattern: string): (key: string) => boolean {
  // A plain walk over the literal parts: a regular expression made from what a stranger sends could be made to run for ever.
  const [head = '', ...rest] = pattern.split('*');
  return (key) => {
    if (!key.startsWith(head)) return false;
    let at = head.length;
    for (const [i, part] of rest.entries()) {
      const found =
        i === rest.length - 1 ? (key.endsWith(part) ? key.length - part.length : -1) : key.indexOf(part, at);
      if (found < at) return false;
      at = found + part.length;
    }
    return rest.length > 0 || at === key.length;
  };
}
