// Signs and verifies messages as Standard Webhooks says: HMAC-SHA256 over id, timestamp and body, one signature per valid secret.
import { timingSafeEqual } from 'node:crypto';
import { CryptoHasher } from 'bun';
import { LRUCache } from 'lru-cache';
import { readSecret } from '../store/secrets.ts';

/** The headers of one signed message. */
export type SignedHeaders = { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string };

/** How far a receiver lets the sender's clock be off, as the specification advises. */
export const TOLERANCE_SECONDS = 300;

const SIGNATURES_MAX = 16;

// Copying a hasher that has taken in its key costs less than making one; only `copy()` of what lies here may be fed.
const hashers = new LRUCache<string, CryptoHasher>({ max: 10_000 });

/**
 * Signs the exact text that is sent. `secrets` are `whsec_…`, the newest first; while a secret is rotated there are two, and a
 * receiver that knows either accepts the message. Throws a RangeError for a secret that `readSecret` refuses: none is ever stored.
 */
export function sign(secrets: readonly string[], id: string, timestampSeconds: number, body: string): SignedHeaders {
  const signed = `${id}.${timestampSeconds}.${body}`;
  let signatures = '';
  for (const secret of secrets) signatures += `${signatures === '' ? '' : ' '}v1,${signature(secret, signed)}`;
  return { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds), 'webhook-signature': signatures };
}

function signature(secret: string, signed: string): string {
  return hasherOf(secret).copy().update(signed).digest('base64');
}

function hasherOf(secret: string): CryptoHasher {
  const known = hashers.get(secret);
  if (known !== undefined) return known;
  const read = readSecret(secret);
  if (!read.ok) throw new RangeError(read.reason);
  const hasher = new CryptoHasher('sha256', read.key);
  hashers.set(secret, hasher);
  return hasher;
}

/** `verified`, or why not; takes the raw body as it came. Compares in constant time. */
export function verify(
  secrets: readonly string[],
  headers: Partial<Record<keyof SignedHeaders, string | null>>,
  body: string,
  nowSeconds: number,
): 'verified' | 'unsigned' | 'too old' | 'from the future' | 'wrong signature' {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const given = headers['webhook-signature'];
  if (!id || !given || !timestamp || !/^\d{1,12}$/.test(timestamp)) return 'unsigned';
  if (nowSeconds - Number(timestamp) > TOLERANCE_SECONDS) return 'too old';
  if (Number(timestamp) - nowSeconds > TOLERANCE_SECONDS) return 'from the future';
  const expected = secrets.map((secret) => Buffer.from(`v1,${signature(secret, `${id}.${timestamp}.${body}`)}`));
  const candidates = given.split(' ', SIGNATURES_MAX).map((each) => Buffer.from(each));
  const isKnown = candidates.some((each) =>
    expected.some((other) => each.length === other.length && timingSafeEqual(each, other)),
  );
  return isKnown ? 'verified' : 'wrong signature';
}
