// `tocsin serve`: all that one needs, in one process or, with API_WORKERS, in several.
import { readConfig } from '../config.ts';

/** Serves until a signal comes. Neither the supervisor nor its processes load what only the other needs. */
export async function runServe(): Promise<void> {
  const config = readConfig();
  if (config.apiWorkers > 1 && config.seat === undefined) {
    const { runSupervisor } = await import('./supervisor.ts');
    return runSupervisor();
  }
  const { runServer } = await import('./server.ts');
  return runServer();
}
