// Finds the keys of the vault: in the environment, or in a file that is made at the first start of a development server.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config.ts';

/**
 * The key texts for `makeVault`, the sealing one first: those of ENCRYPTION_KEY (several may stand between commas, the
 * newest first), then SECRET_KEY, then the key file. Later ones still open what was sealed before an earlier one was set.
 * @param keyFile used where neither variable is set; it is made, readable by its owner only, if it is missing
 */
export function findVaultKeys(config: Pick<Config, 'encryptionKey' | 'secretKey'>, keyFile: string): string[] {
  const listed = config.encryptionKey?.split(',').map((key) => key.trim()) ?? [];
  const keys = [...listed, ...(config.secretKey ? [config.secretKey] : [])].filter((key) => key !== '');
  const filed = readKeyFile(keyFile) ?? (keys.length === 0 ? makeKeyFile(keyFile) : undefined);
  return filed === undefined ? keys : [...keys, filed];
}

function readKeyFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Linking is one step: of two programs that start at once, both find the key of the first, and never half of one. */
function makeKeyFile(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(path, 'utf8').trim();
}
