// Says in the log of a starting program that webhook secrets do not open with its keys: else it would show only delivery by delivery.
import type { Log } from '../log.ts';
import type { Api } from '../store/api.ts';
import type { Vault } from '../store/vault.ts';

/** Enough to notice a wrong key; `tocsin doctor` counts them all. */
const SEALED_MAX = 500;

/** Looks at what other keys than the newest have sealed, which is nothing where all is well. Rejects while the database is away. */
export async function warnOfLocked({ list_sealed }: Pick<Api['webhooks'], 'list_sealed'>, vault: Vault, log: Log) {
  let locked = 0;
  for (const p_purpose of ['webhook_secret', 'webhook_headers'] as const) {
    const rows = await list_sealed({ p_purpose, p_key_id: vault.keyId, p_after_id: 0, p_limit: SEALED_MAX });
    for (const { sealed } of rows) {
      try {
        vault.open(sealed, p_purpose);
      } catch {
        locked++;
      }
    }
  }
  if (locked === 0) return;
  log.error('secrets of webhooks do not open with ENCRYPTION_KEY or SECRET_KEY: nothing can be sent there', { locked });
}
