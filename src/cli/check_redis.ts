// The check of `tocsin doctor` about Redis: that it answers, and what it does when it is full.
import type { Config } from '../config.ts';
import { openRedis, type RedisClient } from '../store/redis.ts';
import { type Finding, failure, ok, sizeOf, warning } from './checkup.ts';

const ANSWER_MS_MAX = 3_000;

export async function checkRedis({ redisUrl }: Config): Promise<Finding> {
  if (redisUrl === undefined) return ok('Redis', 'none: the cache is in memory only');
  let reason = 'no answer';
  const redis = openRedis(redisUrl, ({ message }) => {
    reason = message;
  });
  try {
    const memory = await inTime(readMemory(redis));
    return memory === undefined ? away(reason) : judge(memory);
  } finally {
    redis.disconnect();
  }
}

async function readMemory(redis: RedisClient): Promise<Map<string, string>> {
  if (redis.status !== 'ready') await new Promise((ready) => redis.once('ready', ready));
  const lines = (await redis.info('memory')).split(/\r?\n/);
  return new Map(lines.map((line) => line.split(':', 2) as [string, string]));
}

/** `INFO` says it too where a hosted Redis forbids `CONFIG`. */
function judge(memory: Map<string, string>): Finding {
  const policy = memory.get('maxmemory_policy') ?? 'unknown';
  const max = Number(memory.get('maxmemory') ?? 0);
  const detail = `it answers; maxmemory ${max === 0 ? 'none' : sizeOf(max)}, maxmemory-policy ${policy}`;
  const advice = 'Set maxmemory and maxmemory-policy allkeys-lru: all of it is copies.';
  if (policy === 'noeviction') {
    const end = max === 0 ? 'it grows without end' : 'when it is full, it takes nothing more';
    return warning('Redis', `${detail}: ${end}`, advice);
  }
  return ok('Redis', detail);
}

function away(reason: string): Finding {
  return failure(
    'Redis',
    `REDIS_URL cannot be used: ${reason}`,
    'Start it, correct REDIS_URL, or unset it to do without.',
  );
}

async function inTime<T>(asked: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ANSWER_MS_MAX);
  return Promise.race([asked.catch(() => undefined), late.promise]).finally(() => clearTimeout(timer));
}
