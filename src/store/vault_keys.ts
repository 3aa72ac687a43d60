// Finds the keys of the vault: in the environment, or in a file that is made at the first start of a development server.
import type { Config } from '../config.ts';
import { makeKeyFile, readKeyFile } from './key_file.ts';

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
