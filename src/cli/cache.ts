// Starts the cache of a server program: memory, Redis where there is one, and the hearing of what others change.
import type { Config } from '../config.ts';
import { Cache } from '../store/cache.ts';
import { Epochs } from '../store/epochs.ts';
import { startInvalidation } from '../store/invalidate.ts';
import { type L2, makeL2 } from '../store/l2.ts';
import { openRedis, type RedisClient } from '../store/redis.ts';
import { Scoreboard } from '../store/scoreboard.ts';
import { openSharedMemory } from '../store/shared_memory.ts';
import type { Database, Program } from './program.ts';

/** What is shared by all who keep copies in this process. */
export type Copies = {
  epochs: Epochs;
  redis: RedisClient | undefined;
  scoreboard: Scoreboard;
  /** Undefined when CACHE_ENABLED is false. */
  cache: Cache | undefined;
};

const CACHE_BYTES_MAX = 128 * 1024 * 1024;

/** It stops with the program. Redis may be away now or at any time. */
export async function startCopies(program: Program, database: Database): Promise<Copies> {
  const { config, shutdown } = program;
  const memory = openSharedMemory(config.epochsFile);
  const epochs = new Epochs(memory);
  const redis = connectRedis(program);
  const l2 = redis && makeL2(redis, epochs);
  const scoreboard = new Scoreboard(memory, config.seat ?? 0);
  shutdown.add('seat', () => scoreboard.leave());
  // Of the processes of one server, the supervisor listens for all.
  if (config.seat === undefined) await startHearing(program, database, epochs, l2);
  return { epochs, redis, scoreboard, cache: makeCache(config, epochs, l2, scoreboard) };
}

/** What others change in the database counts here from now on. */
export async function startHearing(
  { shutdown }: Program,
  { sql }: Pick<Database, 'sql'>,
  epochs: Epochs,
  l2: L2 | undefined,
): Promise<void> {
  const invalidation = await startInvalidation(sql, epochs, l2);
  shutdown.add('invalidation', () => invalidation.stop());
}

function makeCache(config: Config, epochs: Epochs, l2: L2 | undefined, scoreboard: Scoreboard): Cache | undefined {
  if (!config.cacheEnabled) return undefined;
  const { cacheMaxItems: itemsMax, cacheTtlSeconds } = config;
  return new Cache({ epochs, itemsMax, bytesMax: CACHE_BYTES_MAX, ttlMs: cacheTtlSeconds * 1000, l2, scoreboard });
}

/** Undefined when REDIS_URL names none. Its coming and going is logged, once each. */
export function connectRedis({ config, log, shutdown }: Program): RedisClient | undefined {
  if (config.redisUrl === undefined) return undefined;
  const redis = connect(config.redisUrl, log);
  shutdown.add('Redis', () => redis.disconnect());
  return redis;
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
