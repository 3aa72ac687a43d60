// Starts what knows and limits callers: the keys that verify tokens, the hearing of revocations, the counts of requests.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { Credentials } from '../http/credentials.ts';
import type { Api } from '../store/api.ts';
import { makeKeyFile, readKeyFile } from '../store/key_file.ts';
import { MemoryRateCounter, type RateCounter } from '../store/rate_counter.ts';
import { SharedRateCounter } from '../store/shared_rate_counter.ts';
import type { Copies } from './cache.ts';
import type { Program } from './program.ts';

/** SECRET_KEY, or in development the key of a file under `.tocsin/`, which is made when it is first needed. */
export function findSecretKey({ secretKey }: Pick<Config, 'secretKey'>): string {
  const path = join(process.cwd(), '.tocsin/secret.key');
  return secretKey ?? readKeyFile(path) ?? makeKeyFile(path);
}

/** What the HTTP side is given about callers; it stops with the program. Requests are counted together where there is Redis. */
export function startCredentials(
  { config, log, shutdown }: Program,
  { epochs, redis }: Pick<Copies, 'epochs' | 'redis'>,
  api: Api,
): { credentials: Credentials; rates: RateCounter } {
  const calls = { ...api.api_keys, ...api.tenants };
  const credentials = new Credentials({ secretKey: findSecretKey(config), config, calls, epochs, log });
  shutdown.add('credentials', () => credentials.stop());
  const rates = redis === undefined ? new MemoryRateCounter() : new SharedRateCounter(redis);
  return { credentials, rates };
}
