// Answers hot reads from memory, then from Redis, then by loading: both levels hold the bytes that are sent, and their ETag.
import { hash } from 'bun';
import { LRUCache } from 'lru-cache';
import type { Epochs, Tag } from './epochs.ts';
import type { L2 } from './l2.ts';
import { cellOf, type counters, Scoreboard } from './scoreboard.ts';

/** An answer as it is sent. `body` is made from the bytes when it is first sent: a Response of it copies nothing. */
export type Cached = { bytes: Uint8Array; etag: string; isMissing?: boolean; body?: Blob };
/** What a load gives: the JSON text of an answer, or of the problem that says that there is no such thing. */
export type Loaded = { text: string; isMissing?: boolean };
export type CacheSource = 'l1' | 'l2' | 'miss';
export type CacheAnswer = { cached: Cached; source: CacheSource };

type Entry = { cached: Cached; epoch: number; freshUntil: number; staleUntil: number };

/** What does not exist is asked for again and again by some; but a mistyped path must not push out what is read by all. */
const MISSING_TTL_MS = 1_000;
const MISSING_MAX = 1_000;

export type CacheOptions = {
  epochs: Epochs;
  itemsMax: number;
  bytesMax: number;
  /** The backstop: how long an entry may live if no invalidation reaches it. Each entry's is off by up to 10 %. */
  ttlMs: number;
  l2?: L2 | undefined;
  /** Where this process counts; by default for itself alone. */
  scoreboard?: Scoreboard | undefined;
};

/** What a read may deviate in. */
export type ReadOptions = {
  ttlMs?: number;
  /** For so long after its time an entry is still served, while one reader fetches the next: for dashboards. */
  staleMs?: number;
};

/** What `GET /cache/stats` says, of all processes together. */
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
  readonly #board: Scoreboard;
  /** This process's cells of it. */
  readonly #row: Float64Array;
  readonly #entries: LRUCache<string, Entry>;
  readonly #missing = new LRUCache<string, Entry>({ max: MISSING_MAX });
  /** One load at a time per key; keyed with the epoch, so that a read after a change never joins a load from before it. */
  readonly #loading = new Map<string, Promise<CacheAnswer>>();

  constructor(options: CacheOptions) {
    this.#o = options;
    this.#board = options.scoreboard ?? new Scoreboard();
    this.#row = this.#board.row;
    this.#entries = new LRUCache({
      max: options.itemsMax,
      maxSize: options.bytesMax,
      sizeCalculation: ({ cached }, key) => cached.bytes.length + key.length + 200,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') this.#count('evicted');
      },
    });
  }

  /** Of all processes together, as the figures of `stats`. */
  get bytesMax(): number {
    return this.#o.bytesMax * this.#board.server.processes;
  }

  get l2Status(): 'ready' | 'away' | 'disabled' {
    const { l2 } = this.#o;
    if (l2 === undefined) return 'disabled';
    return l2.isAway() ? 'away' : 'ready';
  }

  /** The answer if memory has it, counted as a hit: no promise, no copy. */
  peek(key: string, tags: readonly Tag[]): Cached | undefined {
    const cached = this.find(key, tags);
    if (cached !== undefined) this.countHit();
    return cached;
  }

  /** The same, for who may yet not send it: `countHit` when it is sent. */
  find(key: string, tags: readonly Tag[]): Cached | undefined {
    const entry = this.#entries.get(key) ?? this.#missing.get(key);
    if (entry === undefined || entry.epoch !== this.#o.epochs.sum(tags) || performance.now() > entry.freshUntil)
      return undefined;
    return entry.cached;
  }

  countHit(): void {
    this.#count('l1_hits');
  }

  /**
   * The answer from the nearest place that has it. A rejection of `load` reaches everyone who waits for it and is not kept.
   */
  async read(
    key: string,
    tags: readonly Tag[],
    load: () => Promise<Loaded>,
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
      this.#count('l1_hits');
      return { cached: stale.cached, source: 'l1' };
    }
    return loading;
  }

  /** The epoch is the one from before everything here: what is loaded while something changes is not kept. */
  async #fetch(key: string, tags: readonly Tag[], epoch: number, load: () => Promise<Loaded>, options: ReadOptions) {
    const ttlMs = Math.min(options.ttlMs ?? Number.POSITIVE_INFINITY, this.#o.ttlMs);
    const found = await this.#o.l2?.get(key, tags);
    // An answer is as old as the moment before its loading began, on the clock of whoever loaded it.
    const loadedAt = Date.now();
    const startedAt = performance.now();
    if (found?.stored !== undefined) {
      // Not longer than whoever loaded it would keep it. Their clock may differ from ours: the limit is our own time.
      const { stored } = found;
      const leftMs = Math.min(ttlMs - (loadedAt - stored.loadedAt), ttlMs);
      if (leftMs > 0) {
        this.#count('l2_hits');
        this.#keep(key, tags, epoch, stored, startedAt + jitter(leftMs), options.staleMs);
        return { cached: stored, source: 'l2' as const };
      }
    }
    this.#count('misses');
    const { text, isMissing } = await load();
    const bytes = Buffer.from(text);
    const cached: Cached = { bytes, etag: `"${hash.wyhash(bytes).toString(36)}"` };
    if (isMissing) {
      cached.isMissing = true;
      const freshUntil = startedAt + Math.min(ttlMs, MISSING_TTL_MS);
      this.#entries.delete(key);
      this.#missing.set(key, { cached, epoch, freshUntil, staleUntil: 0 });
      return { cached, source: 'miss' as const };
    }
    this.#keep(key, tags, epoch, cached, startedAt + jitter(ttlMs), options.staleMs);
    if (found !== undefined) this.#o.l2?.set(key, { ...cached, loadedAt }, found.versions, ttlMs);
    return { cached, source: 'miss' as const };
  }

  #keep(key: string, tags: readonly Tag[], epoch: number, cached: Cached, freshUntil: number, staleMs = 0): void {
    // Out of date already: a newer one may be there.
    if (this.#o.epochs.sum(tags) !== epoch) return;
    this.#missing.delete(key);
    this.#entries.set(key, { cached, epoch, freshUntil, staleUntil: freshUntil + staleMs });
    this.#weigh();
  }

  /** After a write: everything with this tag is out of date, here, in every process of this machine, and in Redis. */
  invalidate(tag: Tag): void {
    this.#o.epochs.bump(tag);
    this.#o.l2?.invalidate(tag);
  }

  /** Drops keys that match a `*` pattern from the memory of this process; returns how many it had. */
  drop(pattern: string): number {
    const test = patternOf(pattern);
    let dropped = 0;
    for (const key of [...this.#entries.keys()]) if (test(key) && this.#entries.delete(key)) dropped++;
    for (const key of [...this.#missing.keys()]) if (test(key)) this.#missing.delete(key);
    this.#weigh();
    return dropped;
  }

  /** Keys in memory, the most used lately first. */
  keys(): string[] {
    return [...this.#entries.keys()];
  }

  stats(): CacheStats {
    const sum = (name: Parameters<Scoreboard['sum']>[0]) => this.#board.sum(name);
    return {
      l1Hits: sum('l1_hits'),
      l2Hits: sum('l2_hits'),
      misses: sum('misses'),
      evicted: sum('evicted'),
      entries: sum('entries'),
      bytes: sum('bytes'),
    };
  }

  #count(name: (typeof counters)[number]): void {
    (this.#row[cellOf[name]] as number)++;
  }

  #weigh(): void {
    this.#row[cellOf.entries] = this.#entries.size;
    this.#row[cellOf.bytes] = this.#entries.calculatedSize;
  }
}

/** What was loaded together is not to be loaded together again for ever. */
function jitter(ms: number): number {
  return ms * (0.9 + 0.2 * Math.random());
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
