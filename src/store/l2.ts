// The second level of the cache: Redis, shared by all processes and machines, which may die or be flushed at any time.
import { randomBytes } from 'node:crypto';
import type { Cached } from './cache.ts';
import type { Tag } from './epochs.ts';
import type { RedisClient } from './redis.ts';

/** `cached` when Redis has it and it is not out of date; `versions` are those of its tags, for `set`. */
export type L2Answer = { cached: Cached | undefined; versions: string };

export type L2 = {
  /** Undefined when Redis cannot be asked: then nothing is to be stored either. */
  get(key: string, tags: readonly Tag[]): Promise<L2Answer | undefined>;
  /** Stores a value with the versions from before it was loaded; nobody waits for it. */
  set(key: string, cached: Cached, versions: string, ttlMs: number): void;
  invalidate(tag: Tag): Promise<void>;
  drop(pattern: string): Promise<void>;
  isReady(): boolean;
};

const PREFIX = 'tocsin:';
const VERSION_SECONDS = 86_400;
const SEPARATOR = 10;

/**
 * A value carries the versions that its tags had before it was loaded, and counts only while they are the same: so a slow
 * loader cannot bring an old value back after an invalidation, and no script is needed. Versions are random, so that a
 * flushed Redis never counts up to a number that was used before. All keys of a tenant share a hash tag, for Redis Cluster.
 */
export function makeL2(client: RedisClient): L2 {
  // Invalidations that Redis did not take: until they are made up for, what it holds may be old.
  const owed = new Set<Tag>();
  let owesAll = false;

  const isReady = () => client.status === 'ready';
  const renew = (tag: Tag) => client.set(versionKey(tag), newVersion(), 'EX', VERSION_SECONDS);

  async function settle(): Promise<void> {
    if (owesAll) {
      await dropKeys(client, '*');
      owesAll = false;
    }
    for (const tag of owed) {
      await renew(tag);
      owed.delete(tag);
    }
  }

  return {
    isReady,
    async get(key, tags) {
      if (!isReady()) return undefined;
      try {
        if (owesAll || owed.size > 0) await settle();
        const owned = tenantTags(tags);
        const found = await client.mgetBuffer(...owned.map(versionKey), valueKey(key));
        const versions: string[] = [];
        for (const [i, tag] of owned.entries()) {
          const version = found[i]?.toString() ?? newVersion();
          if (!found[i]) await client.set(versionKey(tag), version, 'EX', VERSION_SECONDS, 'NX');
          versions.push(version);
        }
        const expected = versions.join(',');
        return { cached: readValue(found[owned.length], expected), versions: expected };
      } catch {
        return undefined;
      }
    },
    set(key, { bytes, etag }, versions, ttlMs) {
      if (!isReady()) return;
      const value = Buffer.concat([Buffer.from(`${versions}\n${etag}\n`), bytes]);
      client.set(valueKey(key), value, 'PX', Math.ceil(ttlMs)).catch(() => undefined);
    },
    async invalidate(tag) {
      try {
        if (!isReady()) throw new Error('away');
        await renew(tag);
      } catch {
        if (owed.size < 10_000) owed.add(tag);
        else owesAll = true;
      }
    },
    async drop(pattern) {
      try {
        if (!isReady()) throw new Error('away');
        await dropKeys(client, pattern);
      } catch {
        owesAll = true;
      }
    },
  };
}

function versionKey(tag: Tag): string {
  return `${PREFIX}{${tag.split(':', 1)[0]}}:version:${tag}`;
}

/** Keys of the cache begin with the tenant: `1|…`. */
function valueKey(key: string): string {
  return `${PREFIX}{${key.split('|', 1)[0]}}:${key}`;
}

/** Tags of all tenants (`0:…`) lie on another node of a cluster; what carries one lives here for a second at most. */
function tenantTags(tags: readonly Tag[]): Tag[] {
  return tags.filter((tag) => !tag.startsWith('0:'));
}

function newVersion(): string {
  return randomBytes(6).toString('base64url');
}

function readValue(value: Buffer | null | undefined, versions: string): Cached | undefined {
  if (!value) return undefined;
  const first = value.indexOf(SEPARATOR);
  const second = value.indexOf(SEPARATOR, first + 1);
  if (value.toString('latin1', 0, first) !== versions) return undefined;
  return { etag: value.toString('latin1', first + 1, second), bytes: value.subarray(second + 1) };
}

/** Scans instead of KEYS: Redis goes on serving others meanwhile. */
async function dropKeys(client: RedisClient, pattern: string): Promise<void> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client];
  const match = `${PREFIX}{*}:${pattern.replaceAll(/[[\]?\\]/g, '\\$&')}`;
  for (const node of nodes) {
    for await (const keys of node.scanStream({ match, count: 500 }) as AsyncIterable<string[]>)
      for (const key of keys) await client.unlink(key);
  }
}
