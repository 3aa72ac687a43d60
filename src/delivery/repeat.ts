// Repeats a task at an interval, one run at a time, through errors, until it is stopped.
import type { Log } from '../log.ts';

/** Runs at once and then `intervalMs` after each run ended. `stop` waits for the run under way. */
export function repeat(
  name: string,
  intervalMs: number,
  log: Log,
  run: () => Promise<unknown>,
): { stop(): Promise<void> } {
  const stopping = Promise.withResolvers<void>();
  let isStopped = false;
  async function loop(): Promise<void> {
    while (!isStopped) {
      try {
        await run();
      } catch (error) {
        log.warn(`${name} failed; trying again`, { error });
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, intervalMs);
      await Promise.race([promise, stopping.promise]);
      clearTimeout(timer);
    }
  }
  const ended = loop();
  return {
    async stop() {
      isStopped = true;
      stopping.resolve();
      await ended;
    },
  };
}
