// Tells from a PostgreSQL cluster's lock file whether its server runs, where it listens and whether it is ready.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Postmaster {
  pid: number;
  port: number;
  isReady: boolean;
}

/**
 * The running server of a cluster. A lock file that a dead server left is no server; one whose number now belongs to
 * another program (a restarted container counts from 1 again) is removed, because PostgreSQL would refuse to start over it.
 */
export function findPostmaster(directory: string): Postmaster | undefined {
  const path = join(directory, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  // By line: pid, directory, start time, port, socket directory, address, shared memory, status.
  const pid = Number(lines[0]);
  if (!(pid > 0) || !isAlive(pid)) return undefined;
  if (!isServerOf(pid, directory)) {
    rmSync(path, { force: true });
    return undefined;
  }
  return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready' };
}

/** True when this server has ended. Its lock file tells earlier than its number, which may linger until it is reaped. */
export function isGone(directory: string, pid: number): boolean {
  if (!existsSync(join(directory, 'postmaster.pid'))) return true;
  return !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's program is alive too; whether it is the server is asked next.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Only a command line that was read and names another program is a no: a doubt must not cost a server its lock file. */
function isServerOf(pid: number, directory: string): boolean {
  const words = readCommandLine(pid);
  if (words.length === 0) return true;
  const named = words[words.indexOf('-D') + 1] ?? '';
  return words[0]?.includes('postgres') === true && (named === directory || isSameFile(named, directory));
}

function readCommandLine(pid: number): string[] {
  if (process.platform !== 'linux') {
    const shown = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 });
    return shown.stdout?.trim().split(' ').filter(Boolean) ?? [];
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return [];
  }
}

function isSameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
