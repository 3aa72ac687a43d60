// Chooses the account that the embedded PostgreSQL runs as: root may start Tocsin, but PostgreSQL refuses to run as root.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** How a PostgreSQL program is started: a prefix of the command line, and the ids of the spawned program. */
export interface Account {
  uid: number;
  gid: number;
  /** Put before every command; empty when this program needs no change of account. */
  prefix: string[];
  /** Options for `spawn` that change the account where the prefix does not. */
  ids: { uid?: number; gid?: number };
}

/** Programs get a small environment of their own: locale and PG* variables of the caller must not change the server. */
export const serverEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The account to run PostgreSQL as: this program's own; or, for root, the owner of the existing directory, else `postgres`
 * (created when missing), else `nobody`. The account is tried: it must be able to run `binary` and to enter `directory`, or
 * where that will be.
 * @throws Error that says what to do when no way works
 */
export function chooseAccount(directory: string, binary: string): Account {
  const uid = process.getuid?.() ?? -1;
  const gid = process.getgid?.() ?? -1;
  const owner = statSync(directory, { throwIfNoEntry: false });
  if (uid !== 0) {
    if (!owner || owner.uid === uid || uid === -1) return { uid, gid, prefix: [], ids: {} };
    throw new Error(`${directory} belongs to user ${owner.uid}: start Tocsin as that user or as root, or remove it.`);
  }
  const ids = owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : systemAccount();
  for (const account of waysToBecome(ids)) {
    if (reaches(account, owner ? directory : dirname(directory), binary)) return account;
  }
  throw new Error(
    `PostgreSQL does not run as root, and user ${ids.uid} can neither run ${binary} nor enter ${directory}. ` +
      'Put the project where that user can read it, start Tocsin as another user than root, or set DATABASE_URL.',
  );
}

/** The ways to run as these ids, the plainest first. */
function waysToBecome({ uid, gid }: { uid: number; gid: number }): Account[] {
  const direct: Account = { uid, gid, prefix: [], ids: { uid, gid } };
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv', '/sbin/setpriv'].find((path) => existsSync(path));
  if (!setpriv) return [direct];
  const become = [setpriv, `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  // Keeps one of root's rights, to pass directories that are closed to this user, such as /root, without copying anything.
  // Without the secure bit, access(2), by which PostgreSQL checks its own binaries, would ignore that right.
  const passing = [
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
  ];
  return [
    { uid, gid, prefix: [...become, '--inh-caps=-all', '--ambient-caps=-all'], ids: {} },
    { uid, gid, prefix: [...become, ...passing], ids: {} },
    direct,
  ];
}

function reaches(account: Account, directory: string, binary: string): boolean {
  const [command = '', ...args] = [
    ...account.prefix,
    '/bin/sh',
    '-c',
    'cd "$0" && test -r "$1" && exec "$1" --version',
    directory,
    binary,
  ];
  const result = spawnSync(command, args, { ...account.ids, cwd: '/', env: serverEnvironment, timeout: 10_000 });
  return result.status === 0;
}

function systemAccount(): { uid: number; gid: number } {
  const known = findAccount('postgres');
  if (known) return known;
  const flags = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'];
  spawnSync('useradd', flags, { env: serverEnvironment, timeout: 10_000 });
  return findAccount('postgres') ?? findAccount('nobody') ?? { uid: 65534, gid: 65534 };
}

function findAccount(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}
