// Makes and reads webhook secrets in the form of Standard Webhooks: `whsec_` and the base64 of the key.
import { randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** Key sizes that Standard Webhooks allows. */
export const SECRET_BYTES_MIN = 24;
export const SECRET_BYTES_MAX = 64;

/** A new secret of 32 random bytes. */
export function generateSecret(): string {
  return PREFIX + randomBytes(32).toString('base64');
}

/** The key bytes of a secret, or why it is none. The reason never repeats any part of the secret. */
export function readSecret(secret: string): { ok: true; key: Uint8Array } | { ok: false; reason: string } {
  if (!secret.startsWith(PREFIX)) return { ok: false, reason: `a secret starts with ${PREFIX}` };
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, 'base64');
  // Buffer skips what it cannot read; only the round trip shows that nothing was skipped.
  if (key.toString('base64') !== text) return { ok: false, reason: 'a secret is standard base64 with its padding' };
  if (key.length < SECRET_BYTES_MIN || key.length > SECRET_BYTES_MAX)
    return { ok: false, reason: `a secret holds ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes` };
  return { ok: true, key };
}
