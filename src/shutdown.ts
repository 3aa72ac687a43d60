// Closes the parts of the program in order when it is told to stop, within a deadline.
import type { Log } from './log.ts';

export interface Shutdown {
  /** Registers a part that has started. Parts close in the reverse order: what others stand on goes last. */
  add(name: string, close: () => unknown): void;
  /** Closes everything, once, and resolves with the exit code: 0, or 1 when a part failed or the deadline passed. */
  run(reason: string): Promise<number>;
  /** True from the first moment of closing. */
  readonly isClosing: boolean;
}

export interface ShutdownOptions {
  log: Log;
  /** For all parts together. */
  deadlineMs?: number;
  /** Ends the program; replaced in tests. */
  exit?: (code: number) => void;
  /** Where SIGTERM and SIGINT come from; replaced in tests. */
  signals?: { on(signal: string, listener: () => void): unknown };
}

/** Listens to SIGTERM and SIGINT from now on. A second signal ends the program at once. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { log, deadlineMs = 25_000, exit = process.exit, signals = process } = options;
  const parts: { name: string; close: () => unknown }[] = [];
  let running: Promise<number> | undefined;

  const shutdown: Shutdown = {
    add(name, close) {
      parts.push({ name, close });
    },
    run(reason) {
      running ??= closeAll(reason);
      return running;
    },
    get isClosing() {
      return running !== undefined;
    },
  };

  async function closeAll(reason: string): Promise<number> {
    log.info('stopping', { reason });
    const deadline = Promise.withResolvers<number>();
    const timer = setTimeout(() => {
      log.error('stopping took too long', { deadline_ms: deadlineMs, left: parts.map((part) => part.name) });
      deadline.resolve(1);
    }, deadlineMs);
    const code = await Promise.race([closeParts(), deadline.promise]);
    clearTimeout(timer);
    if (code === 0) log.info('stopped');
    await log.flush();
    return code;
  }

  async function closeParts(): Promise<number> {
    let code = 0;
    // A part that registers while others close (it was still starting) is closed too.
    for (let part = parts.pop(); part; part = parts.pop()) {
      try {
        await part.close();
      } catch (error) {
        code = 1;
        log.error('a part failed to stop', { part: part.name, error });
      }
    }
    return code;
  }

  for (const signal of ['SIGTERM', 'SIGINT']) {
    signals.on(signal, () => {
      if (running) exit(130);
      else void shutdown.run(signal).then(exit);
    });
  }
  return shutdown;
}
