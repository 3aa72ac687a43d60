// Starts programs of ours as children, waits for the line that says they are ready, and ends them, gently or not.
import { afterAll } from 'bun:test';
import { join } from 'node:path';
import { until } from './wait.ts';

export interface Child {
  pid: number;
  /** What matched `ready`, with its groups. */
  ready: RegExpMatchArray;
  /** Everything that it has printed so far, both streams together. */
  output(): string;
  /** Sends a signal, SIGTERM by default, and resolves with the exit code when it has ended; null when a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ChildOptions {
  /** What to wait for in its output. */
  ready: RegExp;
  /** Variables beside the few that every program needs; nothing else is passed on. */
  env?: Record<string, string>;
  cwd?: string;
  timeoutMs?: number;
}

const root = join(import.meta.dir, '../..');
/** Several programs may start at once, on a machine that does other things too. */
const READY_MS_MAX = 60_000;
const running = new Set<Bun.Subprocess>();
let isCleaning = false;

/** Starts `tocsin` with these arguments. */
export function startCli(args: string[], options: ChildOptions): Promise<Child> {
  return startScript('src/cli.ts', args, options);
}

/** Runs `tocsin` with these arguments to its end. */
export function runCli(args: string[], options: Pick<ChildOptions, 'env' | 'cwd'> = {}) {
  return runCommand(scriptCommand('src/cli.ts', args), options);
}

/** Runs any program to its end. */
export async function runCommand(command: string[], options: Pick<ChildOptions, 'env' | 'cwd'> = {}) {
  const child = spawn(command, options);
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { exitCode: await child.exited, stdout, stderr };
}

/** Starts a script of this project, by its path from the root. */
export function startScript(script: string, args: string[], options: ChildOptions): Promise<Child> {
  return startCommand(scriptCommand(script, args), options);
}

/**
 * Starts any program.
 * @throws Error with its output when it ends, or the time passes, before it is ready
 */
export async function startCommand(command: string[], options: ChildOptions): Promise<Child> {
  const name = command.join(' ');
  const child = spawn(command, options);
  let output = '';
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  };
  const isRead = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const ready = await until(
    async () => {
      if (child.exitCode !== null || child.signalCode !== null) await isRead;
      const found = output.match(options.ready);
      return found ?? ((child.exitCode ?? child.signalCode) !== null ? 'ended' : undefined);
    },
    { timeoutMs: options.timeoutMs ?? READY_MS_MAX, what: `${name} printing ${options.ready}` },
  ).catch((cause) => Promise.reject(new Error(`${name} did not get ready:\n${output}`, { cause })));
  if (ready === 'ended') throw new Error(`${name} ended before it was ready:\n${output}`);
  return {
    pid: child.pid,
    ready: ready as RegExpMatchArray,
    output: () => output,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await child.exited;
      await isRead;
      return child.signalCode ? null : child.exitCode;
    },
  };
}

const scriptCommand = (script: string, args: string[]) => [process.execPath, join(root, script), ...args];

function spawn(command: string[], options: Pick<ChildOptions, 'env' | 'cwd'>) {
  killAllAtTheEnd();
  const child = Bun.spawn(command, {
    cwd: options.cwd ?? root,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', HOME: '/nonexistent', ...options.env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  running.add(child);
  void child.exited.then(() => running.delete(child));
  return child;
}

/** A failed test must not leave its children behind. */
function killAllAtTheEnd(): void {
  if (isCleaning) return;
  isCleaning = true;
  afterAll(() => {
    isCleaning = false;
    for (const child of running) child.kill('SIGKILL');
  });
}
