// The second level of the cache: Redis, shared by all processes and machines, which may die or be flushed at any time.
import { randomBytes } from 'node:crypto';
import type { Cached } from './cache.ts';
import { Circuit } from './circuit.ts';
import type { Epochs, Tag } from './epochs.ts';
import type { RedisClient } from './redis.ts';

/** A value as Redis has it, and when its loading began, in milliseconds since 1970 on the clock of whoever loaded it. */
export type Stored = Cached & { loadedAt: number };

/** `stored` when Redis has it and it is not out of date; `versions` are those of its tags, for `set`. */
export type L2Answer = { stored: Stored | undefined; versions: string };

export type L2 = {
  /** Undefined when Redis cannot be asked or does not answer at once: then nothing is to be stored either. */
  get(key: string, tags: readonly Tag[]): Promise<L2Answer | undefined>;
  /** Stores a value with the versions from before it was loaded; nobody waits for it. */
  set(key: string, stored: Stored, versions: string, ttlMs: number): void;
  /** Makes what was stored with this tag worthless; nobody waits for it. */
  invalidate(tag: Tag): void;
  isReady(): boolean;
  /** There is no connection, or it has answered late several times in a row: more than a hiccup of a busy machine. */
  isAway(): boolean;
};

const PREFIX = 'tocsin:';
const VERSION_SECONDS = 86_400;
const SEPARATOR = 10;
/** Reads that one command asks for; more would keep others from Redis, and each from its answer. */
const GATHERED_MAX = 100;

/**
 * A value carries the versions that its tags had before it was loaded, and counts only while they are the same: so a slow
 * loader cannot bring an old value back after an invalidation, and no script is needed. Versions are random, so that a
 * flushed Redis never counts up to a number that was used before. All keys of a tenant share a hash tag, for Redis Cluster.
 *
 * An invalidation that Redis does not take is made up for on this machine by `epochs`, which knows when a tag changed last:
 * what was loaded before that is not believed. On other machines, which hear of changes by themselves, it is the same.
 */
export function makeL2(client: RedisClient, epochs: Epochs, circuit = new Circuit()): L2 {
  const isReady = () => client.status === 'ready' && circuit.isClosed;
  const gatherings = new Map<string, Gathering>();

  return {
    isReady,
    isAway: () => client.status !== 'ready' || circuit.isBroken,
    get(key, tags) {
      if (!isReady()) return Promise.resolve(undefined);
      const tenant = tenantOf(key);
      let gathering = gatherings.get(tenant);
      if (gathering === undefined) {
        gathering = new Gathering(client, epochs, circuit);
        gatherings.set(tenant, gathering);
        // Requests that came in at the same time are asked for together; who is alone waits for nobody.
        setImmediate(() => {
          gatherings.delete(tenant);
          void gathering?.ask();
        });
      } else if (gathering.isFull) {
        gatherings.delete(tenant);
        void gathering.ask();
        return this.get(key, tags);
      }
      return gathering.add(key, tags);
    },
    set(key, { bytes, etag, loadedAt }, versions, ttlMs) {
      if (!isReady()) return;
      const value = Buffer.concat([Buffer.from(`${versions}\n${etag}\n${loadedAt}\n`), bytes]);
      client.set(valueKey(key), value, 'PX', Math.ceil(ttlMs)).catch(() => undefined);
    },
    invalidate(tag) {
      // Also while the circuit is open: a slow Redis may take it all the same.
      if (client.status !== 'ready') return;
      client.set(versionKey(tag), newVersion(), 'EX', VERSION_SECONDS).catch(() => undefined);
    },
  };
}

type Wanted = { key: string; tags: readonly Tag[]; resolve: (answer: L2Answer | undefined) => void };

/**
 * What is asked for at the same moment for one tenant: one command gets all values, and the versions of their tags once. It reads
 * them at one moment, so that each value is held against the versions of just then.
 */
class Gathering {
  readonly #wanted: Wanted[] = [];
  #isAsked = false;

  constructor(
    private readonly client: RedisClient,
    private readonly epochs: Epochs,
    private readonly circuit: Circuit,
  ) {}

  get isFull(): boolean {
    return this.#wanted.length >= GATHERED_MAX;
  }

  add(key: string, tags: readonly Tag[]): Promise<L2Answer | undefined> {
    return new Promise((resolve) => this.#wanted.push({ key, tags, resolve }));
  }

  async ask(): Promise<void> {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const tags = [...new Set(this.#wanted.flatMap((each) => tenantTags(each.tags)))];
    const keys = [...tags.map(versionKey), ...this.#wanted.map(({ key }) => valueKey(key))];
    const found = await this.circuit.ask(() => this.client.mgetBuffer(...keys));
    if (found === undefined) {
      for (const { resolve } of this.#wanted) resolve(undefined);
      return;
    }
    const versions = new Map(tags.map((tag, i) => [tag, found[i]?.toString() ?? makeVersion(this.client, tag)]));
    // Tags come in lists that many share.
    const joined = new Map<readonly Tag[], string>();
    for (const [i, { tags: its, resolve }] of this.#wanted.entries()) {
      let expected = joined.get(its);
      if (expected === undefined) {
        expected = tenantTags(its)
          .map((tag) => versions.get(tag))
          .join(',');
        joined.set(its, expected);
      }
      const stored = readValue(found[tags.length + i], expected);
      const isBelieved = stored !== undefined && stored.loadedAt > this.epochs.changedAt(its);
      resolve({ stored: isBelieved ? stored : undefined, versions: expected });
    }
  }
}

/** If another makes one at the same time, what is stored with this one is never found: a miss, nothing worse. */
function makeVersion(client: RedisClient, tag: Tag): string {
  const version = newVersion();
  client.set(versionKey(tag), version, 'EX', VERSION_SECONDS, 'NX').catch(() => undefined);
  return version;
}

function versionKey(tag: Tag): string {
  return `${PREFIX}{${tag.split(':', 1)[0]}}:version:${tag}`;
}

/** Keys of the cache begin with the tenant: `1|…`. */
function valueKey(key: string): string {
  return `${PREFIX}{${tenantOf(key)}}:${key}`;
}

function tenantOf(key: string): string {
  return key.slice(0, key.indexOf('|'));
}

/** Tags of all tenants (`0:…`) would lie on another node of a cluster; they are left to `epochs`. */
function tenantTags(tags: readonly Tag[]): Tag[] {
  return tags.filter((tag) => !tag.startsWith('0:'));
}

function newVersion(): string {
  return randomBytes(6).toString('base64url');
}

/** `versions`, `etag` and time, a line each, and then the bytes as they are sent. */
function readValue(value: Buffer | null | undefined, versions: string): Stored | undefined {
  if (!value) return undefined;
  const first = value.indexOf(SEPARATOR);
  if (value.toString('latin1', 0, first) !== versions) return undefined;
  const second = value.indexOf(SEPARATOR, first + 1);
  const third = value.indexOf(SEPARATOR, second + 1);
  const loadedAt = Number(value.toString('latin1', second + 1, third));
  return { etag: value.toString('latin1', first + 1, second), loadedAt, bytes: value.subarray(third + 1) };
}
