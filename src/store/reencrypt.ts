// Seals anew, with the first key of a vault, what an older key sealed, in batches that each stand for themselves.
import type { Api } from './api.ts';
import { type SealPurpose, type Vault, VaultError } from './vault.ts';

/** How many texts were sealed anew, and how many do not open with any key of the vault. */
export interface Resealed {
  resealed: number;
  unopened: number;
}

const BATCH = 500;

/** Can run beside servers, and again after it was cut off: what has the first key already is not touched. */
export async function reencrypt(
  calls: Pick<Api['webhooks'], 'list_sealed' | 'replace_sealed'>,
  vault: Vault,
): Promise<Resealed> {
  const sum: Resealed = { resealed: 0, unopened: 0 };
  for (const purpose of ['webhook_secret', 'webhook_headers'] as const) {
    let p_after_id = 0;
    for (;;) {
      const rows = await calls.list_sealed({ p_purpose: purpose, p_key_id: vault.keyId, p_after_id, p_limit: BATCH });
      const opened = rows.flatMap(({ id, sealed }) => {
        const resealed = resealedText(vault, sealed, purpose);
        return resealed === undefined ? [] : [{ id, sealed, resealed }];
      });
      sum.unopened += rows.length - opened.length;
      sum.resealed += await calls.replace_sealed({
        p_purpose: purpose,
        p_ids: opened.map(({ id }) => id),
        p_sealed: opened.map(({ sealed }) => sealed),
        p_resealed: opened.map(({ resealed }) => resealed),
      });
      if (rows.length < BATCH) break;
      p_after_id = rows.at(-1)?.id ?? p_after_id;
    }
  }
  return sum;
}

function resealedText(vault: Vault, sealed: string, purpose: SealPurpose): string | undefined {
  try {
    return vault.seal(vault.open(sealed, purpose), purpose);
  } catch (error) {
    if (error instanceof VaultError) return undefined;
    throw error;
  }
}
