// Seals webhook secrets and headers for the database, and opens them again: AES-256-GCM.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/** What a sealed text is; it opens only as what it was sealed as, so that none can be put in the place of another. */
export type SealPurpose = 'webhook_secret' | 'webhook_headers';

export interface Vault {
  /** Names the key that seals, as sealed texts do. */
  keyId: string;
  /** `v1.<key id>.<iv>.<ciphertext and tag>`, the parts in base64url. */
  seal(text: string, purpose: SealPurpose): string;
  /** @throws VaultError when the text was changed, has another purpose, or its key is not among ours */
  open(sealed: string, purpose: SealPurpose): string;
}

/** Something cannot be opened. Its message holds no part of what was sealed. */
export class VaultError extends Error {
  override name = 'VaultError';
}

const VERSION = 'v1';
const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Makes a vault from key texts of any form with 32 bytes or more; each is stretched by HKDF-SHA-256, so that base64, hex
 * and long passphrases serve alike. The first one seals; all of them open, so that a key can be replaced.
 * @throws VaultError when there is no key, or one is too short
 */
export function makeVault(keyTexts: readonly string[]): Vault {
  if (keyTexts.length === 0) throw new VaultError('There is no encryption key.');
  const keys = keyTexts.map(deriveKey);
  const [sealing] = keys as [DerivedKey];
  const byId = new Map(keys.toReversed().map((derived) => [derived.id, derived.key]));
  return {
    keyId: sealing.id,
    seal(text, purpose) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, sealing.key, iv).setAAD(boundTo(purpose));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [VERSION, sealing.id, iv.toString('base64url'), sealed.toString('base64url')].join('.');
    },
    open(sealed, purpose) {
      const [version, id = '', iv = '', content = '', ...rest] = sealed.split('.');
      const bytes = Buffer.from(content, 'base64url');
      if (version !== VERSION || rest.length > 0 || bytes.length < TAG_BYTES)
        throw new VaultError('This is no sealed text.');
      const key = byId.get(id);
      if (!key) throw new VaultError('Sealed with a key that is not among ENCRYPTION_KEY (or SECRET_KEY).');
      try {
        const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(iv, 'base64url'), { authTagLength: TAG_BYTES });
        decipher.setAAD(boundTo(purpose)).setAuthTag(bytes.subarray(-TAG_BYTES));
        return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        throw new VaultError('A sealed text was changed, or is used as what it is not.');
      }
    },
  };
}

interface DerivedKey {
  key: Buffer;
  /** Names the key in sealed texts and gives nothing of it away. */
  id: string;
}

function deriveKey(text: string): DerivedKey {
  if (Buffer.byteLength(text) < 32) throw new VaultError('An encryption key must have 32 bytes or more.');
  const key = Buffer.from(hkdfSync('sha256', text, 'tocsin', 'webhook secrets and headers', 32));
  const id = createHash('sha256').update('tocsin key id').update(key).digest('base64url').slice(0, 8);
  return { key, id };
}

function boundTo(purpose: SealPurpose): Buffer {
  return Buffer.from(`tocsin ${VERSION} ${purpose}`);
}
