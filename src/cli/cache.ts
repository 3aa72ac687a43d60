// Starts the cache of a server program: memory, Redis where there is one, and the hearing of what others change.
import type { Config } from '../config.ts';
import { Cache } from '../store/cache.ts';
import { Epochs } from '../store/epochs.ts';
import { startInvalidation } from '../store/invalidate.ts';
import { type L2, makeL2 } from '../store/l2.ts';
import { openRedis, type RedisClient } from '../store/redis.ts';
import type { Database, Program } from './program.ts';

/** What is shared by all who keep copies in this process. */
export type Copies = {
  epochs: Epochs;
  redis: RedisClient | undefined;
  l2: L2 | undefined;
  /** Undefined when CACHE_ENABLED is false. */
  cache: Cache | undefined;
};

const CACHE_BYTES_MAX = 128 * 1024 * 1024;

/** It stops with the program. Redis may be away now or at any time. */
export async function startCopies({ config, log, shutdown }: Program, { sql }: Database): Promise<Copies> {
  const epochs = new Epochs(config.epochsFile);
  const redis = config.redisUrl === undefined ? undefined : connect(config.redisUrl, log);
  if (redis !== undefined) shutdown.add('Redis', () => redis.disconnect());
  const l2 = redis === undefined ? undefined : makeL2(redis);
  const invalidation = await startInvalidation(sql, epochs, l2);
  shutdown.add('invalidation', () => invalidation.stop());
  return { epochs, redis, l2, cache: makeCache(config, epochs, l2) };
}

function makeCache(config: Config, epochs: Epochs, l2: L2 | undefined): Cache | undefined {
  if (!config.cacheEnabled) return undefined;
  const { cacheMaxItems: itemsMax, cacheTtlSeconds } = config;
  return new Cache({ epochs, itemsMax, bytesMax: CACHE_BYTES_MAX, ttlMs: cacheTtlSeconds * 1000, l2 });
}

function connect(url: string, log: Program['log']): RedisClient {
  let isAway = false;
  const redis = openRedis(url, ({ message }) => {
    if (!isAway)
      log.warn('Redis is away: the cache is in memory only, and each server counts requests alone', {
        reason: message,
      });
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) log.info('Redis is back');
    isAway = false;
  });
  return redis;
}
