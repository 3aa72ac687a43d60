// Creates the cluster of the embedded PostgreSQL and its password, or checks the one that exists.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, serverEnvironment } from './embedded_account.ts';
import type { PostgresBinaries } from './embedded_binaries.ts';

/** The superuser of the cluster. */
export const embeddedUser = 'postgres';

/**
 * Makes sure that the directory holds a cluster of our version. The caller holds the start lock.
 * @returns the password of its superuser
 * @throws Error when the cluster is of another major version, or initdb fails
 */
export function createCluster(directory: string, binaries: PostgresBinaries, account: Account): string {
  const passwordFile = `${directory}.password`;
  if (existsSync(join(directory, 'PG_VERSION'))) {
    checkVersion(directory, binaries, account);
    return readFileSync(passwordFile, 'utf8').trim();
  }
  const password = randomBytes(24).toString('base64url');
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  // initdb works beside the final place, so that one that was killed half-way leaves nothing that looks like a cluster.
  const fresh = `${directory}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  if (account.ids.uid !== undefined || account.prefix.length > 0) {
    chownSync(fresh, account.uid, account.gid);
    chownSync(passwordFile, account.uid, account.gid);
  }
  runAs(account, binaries.initdb, [
    `--pgdata=${fresh}`,
    // Not `tocsin`: the default search_path starts with a schema of the user's name, and people's tables would land in ours.
    `--username=${embeddedUser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]);
  renameSync(fresh, directory);
  return password;
}

function checkVersion(directory: string, binaries: PostgresBinaries, account: Account): void {
  const found = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  const ours = /\) (\d+)/.exec(runAs(account, binaries.postgres, ['--version']))?.[1];
  if (found === ours) return;
  throw new Error(
    `${directory} was written by PostgreSQL ${found}, and this Tocsin brings PostgreSQL ${ours}. ` +
      `Dump it with the Tocsin that wrote it (pg_dump), move ${directory} away, start, and restore; ` +
      'or set DATABASE_URL to a PostgreSQL server of your own.',
  );
}

function runAs(account: Account, binary: string, args: string[]): string {
  const [command = '', ...rest] = [...account.prefix, binary, ...args];
  const result = spawnSync(command, rest, { ...account.ids, cwd: '/', env: serverEnvironment, encoding: 'utf8' });
  if (result.status === 0) return result.stdout;
  throw new Error(`${binary} failed: ${result.error?.message ?? (result.stderr.trim() || `exit ${result.status}`)}`);
}
