// Starts a cluster of Debian's PostgreSQL, which brings the programs for backup and restore that the embedded one does not have.
import { afterAll } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from './packages.ts';
import { freePort } from './redis.ts';

export interface DebianPostgres {
  url: string;
  /** A folder that its user may write into, with a folder `wal` where the log is archived. */
  home: string;
  bin: string;
  /** Put before a command, it runs as the cluster's user. */
  asUser: string[];
}

/** The newest that is installed here; in CI there must be one. */
export async function findDebianPostgres(): Promise<string | undefined> {
  const find = () => {
    const versions = Bun.spawnSync(['sh', '-c', 'ls -d /usr/lib/postgresql/*/bin'])
      .stdout.toString()
      .trim()
      .split('\n');
    return versions
      .filter((bin) => bin !== '' && readdirSync(bin).includes('pg_basebackup') && readdirSync(bin).includes('initdb'))
      .at(-1);
  };
  if (find() === undefined) await installPackages('postgresql');
  const found = find();
  if (found === undefined && process.env.CI === 'true') throw new Error("CI must have Debian's postgresql.");
  return found;
}

/** It archives its log, ends with the calling file, and never flushes. */
export async function startDebianPostgres(bin: string): Promise<DebianPostgres> {
  const home = mkdtempSync(join(tmpdir(), 'tocsin-backup-'));
  mkdirSync(join(home, 'wal'));
  const isRoot = process.getuid?.() === 0;
  const asUser = isRoot ? ['runuser', '-u', 'postgres', '--'] : [];
  if (isRoot) Bun.spawnSync(['chown', '-R', 'postgres:', home]);
  chmodSync(home, 0o755);
  const port = await freePort();
  const run = (...command: string[]) => {
    const { exitCode, stderr, stdout } = Bun.spawnSync([...asUser, ...command], { cwd: home });
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stdout}${stderr}`);
  };
  run(
    join(bin, 'initdb'),
    '--pgdata',
    join(home, 'cluster'),
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  );
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: home,
    fsync: 'off',
    shared_buffers: '32MB',
  };
  await Bun.write(
    join(home, 'cluster/postgresql.auto.conf'),
    `${Object.entries(settings)
      .map(([name, value]) => `${name} = '${value}'\n`)
      .join('')}archive_mode = on\narchive_command = 'cp %p ${home}/wal/%f'\n`,
  );
  const stop = (directory: string) =>
    Bun.spawnSync(
      [...asUser, join(bin, 'pg_ctl'), '--pgdata', join(home, directory), '--mode=immediate', '--wait', 'stop'],
      { cwd: home },
    );
  afterAll(() => {
    for (const directory of ['cluster', 'restored']) stop(directory);
    rmSync(home, { recursive: true });
  });
  run(
    join(bin, 'pg_ctl'),
    '--pgdata',
    join(home, 'cluster'),
    '--log',
    join(home, 'log'),
    '--wait',
    '--silent',
    'start',
  );
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, home, bin, asUser };
}
