// `tocsin reencrypt`: seals all webhook secrets and headers with the first key, so that older keys can be taken away.
import { readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { createShutdown } from '../shutdown.ts';
import { makeApi } from '../store/api.ts';
import { reencrypt } from '../store/reencrypt.ts';
import type { Line } from './command.ts';
import { openVault } from './delivery.ts';
import { printJson } from './print.ts';
import { openDatabase } from './program.ts';

/** Says how many were sealed anew. Resolves with 1 when some open with no key: an older one must stay, or come back. */
export async function runReencrypt(line: Line): Promise<number> {
  const config = readConfig();
  const log = createLog({ level: 'warn', write: (line) => void process.stderr.write(line) });
  const shutdown = createShutdown({ log });
  try {
    const { sql } = await openDatabase({ config, log, shutdown });
    const vault = openVault(config);
    const { resealed, unopened } = await reencrypt(makeApi(sql).webhooks, vault);
    if (line.isJson) printJson({ resealed, unopened });
    else console.log(`${resealed} sealed anew with the key ${vault.keyId}.`);
    if (unopened === 0) return 0;
    console.error(
      `${unopened} open with none of the keys in ENCRYPTION_KEY and SECRET_KEY, and were left as they are.`,
    );
    return 1;
  } finally {
    await shutdown.run('done');
  }
}
