// Lets a process that delivers have as many requests under way as WORKER_CONCURRENCY says.
import { type Config, environmentWith, readFetchMax } from '../config.ts';
import { isCompiled } from '../own_files.ts';

/** For what is not a delivery: pings, keys of token issuers. */
const SPARE = 64;

/** How many requests `fetch` must allow at a time: with the spare places for webhooks that answer, deliveries are twice as many at most. */
export function fetchMax({ workerConcurrency }: Pick<Config, 'workerConcurrency'>): number {
  return 2 * workerConcurrency + SPARE;
}

/**
 * Bun reads this limit, 256 by default, from the environment when it starts: so the process becomes the same program again,
 * with the same number, unless the limit is set. To be called before anything is open.
 */
export function raiseFetchMax(config: Pick<Config, 'workerConcurrency'>): void {
  if (readFetchMax() !== undefined || typeof process.execve !== 'function') return;
  // A compiled program finds itself: the first word after its name is the command.
  const program = isCompiled ? process.argv.slice(2) : [...process.execArgv, ...process.argv.slice(1)];
  const environment = environmentWith({ BUN_CONFIG_MAX_HTTP_REQUESTS: String(fetchMax(config)) });
  process.execve(process.execPath, [process.execPath, ...program], environment);
}
