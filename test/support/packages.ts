// Installs what tests need of Debian's packages, one test run at a time.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile } from '../../src/store/file_lock.ts';

const home = join(import.meta.dir, '../../.tocsin/test');

/**
 * Debian's packages, where this is Debian and we are root; elsewhere it does nothing. Halves of one run, and runs that
 * began together, take turns: `apt-get` gives up on a lock that another one holds.
 */
export async function installPackages(...names: string[]): Promise<void> {
  if (process.getuid?.() !== 0 || !Bun.which('apt-get')) return;
  mkdirSync(home, { recursive: true });
  const lock = await lockFile(join(home, 'packages.lock'), 'exclusive', 300_000);
  try {
    const command = `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${names.join(' ')}`;
    await Bun.$`sh -c ${command}`
      .env({ ...Bun.env, DEBIAN_FRONTEND: 'noninteractive' })
      .quiet()
      .nothrow();
  } finally {
    lock?.release();
  }
}
