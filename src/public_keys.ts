// Reads the public keys that tokens may be signed with, from PEM text, a PEM file or a JWKS file.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JWK } from 'jose';

/** The signatures that public keys are used with; each kind of key has one. */
export const publicAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const;
export type PublicAlgorithm = (typeof publicAlgorithms)[number];

/** A public key that knows its one algorithm. */
export type PublicKey = JWK & { alg: PublicAlgorithm };

const RSA_BITS_MIN = 2048;

/**
 * One key from PEM text (`\n` may stand for line ends, as variables often have it) or from a file with it.
 * Undefined when it is not readable, not public, or of a kind that no algorithm of ours uses.
 */
export function readPublicKey(textOrPath: string): PublicKey | undefined {
  try {
    const isPem = textOrPath.startsWith('-----BEGIN');
    const pem = isPem ? textOrPath.replaceAll('\\n', '\n') : readFileSync(textOrPath, 'utf8');
    // Of a private key the public part could be taken, but then the private one lies where it should not.
    return pem.includes('PRIVATE KEY') ? undefined : describeKey(createPublicKey(pem));
  } catch {
    return undefined;
  }
}

/** The usable keys of a JWKS file; symmetric and encryption keys are passed over. Undefined when the file is none. */
export function readJwks(path: string): PublicKey[] | undefined {
  try {
    const { keys } = JSON.parse(readFileSync(path, 'utf8')) as { keys: JWK[] };
    return keys
      .filter((key) => key.kty !== 'oct' && key.d === undefined && (key.use ?? 'sig') === 'sig')
      .flatMap(readJwk);
  } catch {
    return undefined;
  }
}

/** A key that is not of any known kind does not spoil the others. */
function readJwk(key: JWK): PublicKey[] {
  try {
    const known = describeKey(createPublicKey({ key: key as never, format: 'jwk' }));
    const isMeant =
      key.alg === undefined || key.alg === known?.alg || (key.alg === 'Ed25519' && known?.alg === 'EdDSA');
    return known && isMeant ? [{ ...known, ...(key.kid !== undefined && { kid: key.kid }) }] : [];
  } catch {
    return [];
  }
}

function describeKey(key: KeyObject): PublicKey | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const jwk = key.export({ format: 'jwk' }) as JWK;
  if (type === 'rsa') return (details?.modulusLength ?? 0) < RSA_BITS_MIN ? undefined : { ...jwk, alg: 'RS256' };
  if (type === 'ec') return jwk.crv === 'P-256' ? { ...jwk, alg: 'ES256' } : undefined;
  return type === 'ed25519' ? { ...jwk, alg: 'EdDSA' } : undefined;
}
