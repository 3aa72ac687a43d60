// Starts the programs that a bench works with, each in a process of its own, and ends them.
import { join } from 'node:path';

export type Child = {
  pid: number;
  /** Its first line of output, which says that it is ready; what it says depends on the program. */
  readyLine: string;
  /** Asks it to stop, and resolves when it has ended. */
  stop(): Promise<void>;
};

const STOP_MS_MAX = 15_000;

/**
 * Starts a script of this project with this Bun, by its path from here; resolves with its first line of output.
 * @throws Error when it ends before it printed one
 */
export function startScript(script: string, args: string[], env: Record<string, string> = {}): Promise<Child> {
  return startProgram([process.execPath, join(import.meta.dir, script), ...args], env);
}

/** As `startScript`, for any program; `readyPattern` picks the line that counts, the first one by default. */
export async function startProgram(
  command: string[],
  env: Record<string, string> = {},
  readyPattern = /./,
): Promise<Child> {
  const child = Bun.spawn(command, { env: { ...Bun.env, ...env }, stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const lines = linesOf(child.stdout);
  let readyLine = '';
  for (;;) {
    const { done, value } = await lines.next();
    if (done) throw new Error(`${command.join(' ')} ended before it was ready.`);
    readyLine = value;
    if (readyPattern.test(readyLine)) break;
  }
  // What it says later is read, so that it never waits for a reader, and shown to nobody.
  void (async () => {
    for await (const _ of lines);
  })();
  return {
    pid: child.pid,
    readyLine,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      await child.exited;
      clearTimeout(timer);
    },
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  return undefined;
}
