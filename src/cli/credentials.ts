// Starts what knows and limits callers: the keys that verify tokens, the hearing of revocations, the counts of requests.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { Credentials } from '../http/credentials.ts';
import type { Api } from '../store/api.ts';
import { Epochs } from '../store/epochs.ts';
import { startInvalidation } from '../store/invalidate.ts';
import { makeKeyFile, readKeyFile } from '../store/key_file.ts';
import { MemoryRateCounter, type RateCounter } from '../store/rate_counter.ts';
import { openRedis } from '../store/redis.ts';
import { SharedRateCounter } from '../store/shared_rate_counter.ts';
import type { Database, Program } from './program.ts';

/** SECRET_KEY, or in development the key of a file under `.tocsin/`, which is made when it is first needed. */
export function findSecretKey({ secretKey }: Pick<Config, 'secretKey'>): string {
  const path = join(process.cwd(), '.tocsin/secret.key');
  return secretKey ?? readKeyFile(path) ?? makeKeyFile(path);
}

/** What the HTTP side is given about callers; it stops with the program. */
export async function startCredentials(
  { config, log, shutdown }: Program,
  { sql }: Database,
  api: Api,
): Promise<{ credentials: Credentials; rates: RateCounter }> {
  const epochs = new Epochs();
  const invalidation = await startInvalidation(sql, epochs, undefined);
  shutdown.add('invalidation', () => invalidation.stop());
  const calls = { ...api.api_keys, ...api.tenants };
  const credentials = new Credentials({ secretKey: findSecretKey(config), config, calls, epochs, log });
  shutdown.add('credentials', () => credentials.stop());
  return { credentials, rates: startRates({ config, log, shutdown }) };
}

/** Shared by all servers where there is Redis. */
function startRates({ config, log, shutdown }: Program): RateCounter {
  if (config.redisUrl === undefined) return new MemoryRateCounter();
  let isAway = false;
  const redis = openRedis(config.redisUrl, ({ message }) => {
    if (!isAway) log.warn('Redis is away: requests are counted by each server alone', { reason: message });
    isAway = true;
  });
  redis.on('ready', () => {
    isAway = false;
  });
  shutdown.add('rate limits', () => redis.disconnect());
  return new SharedRateCounter(redis);
}
