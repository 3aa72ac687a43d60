// The text of API keys: random, recognisable by secret scanners, with a checksum, and kept only as its hash.
import { createHash, randomBytes } from 'node:crypto';

export interface NewApiKey {
  /** Shown once, never stored: `tsk_`, 43 digits of 256 random bits, 6 of their checksum. */
  text: string;
  hash: string;
  /** How it begins: enough to recognise it, far from enough to use it. */
  prefix: string;
}

export const API_KEY_PREFIX = 'tsk_';
const SECRET_BYTES = 32;
const SECRET_DIGITS = 43;
const CHECKSUM_DIGITS = 6;
const PREFIX_LENGTH = 10;
// Base 62 has no character that ends a word, so that a double click takes the whole key.
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const form = new RegExp(`^${API_KEY_PREFIX}([0-9A-Za-z]{${SECRET_DIGITS}})([0-9A-Za-z]{${CHECKSUM_DIGITS}})$`);

export function makeApiKey(): NewApiKey {
  const secret = base62(BigInt(`0x${randomBytes(SECRET_BYTES).toString('hex')}`), SECRET_DIGITS);
  const text = `${API_KEY_PREFIX}${secret}${checksum(secret)}`;
  return { text, hash: sha256(text), prefix: text.slice(0, PREFIX_LENGTH) };
}

/** The SHA-256 of a key, in hexadecimal; undefined for a text that cannot be one, so that a mistyped key costs no look-up. */
export function hashApiKey(text: string): string | undefined {
  const [, secret, sum] = form.exec(text) ?? [];
  return secret !== undefined && sum === checksum(secret) ? sha256(text) : undefined;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function checksum(secret: string): string {
  return base62(BigInt(Bun.hash.crc32(secret)), CHECKSUM_DIGITS);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = digits[Number(rest % 62n)] + text;
  return text.padStart(length, '0');
}
