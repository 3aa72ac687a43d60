// Makes JWTs of every kind, right and wrong, with nothing but node:crypto: the code under test must not sign its own exam.
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export type Json = Record<string, unknown>;
/** The signature of the text before it, in bytes. */
export type Signer = (text: string) => Buffer;

const encode = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT with exactly this header and payload. */
export function makeJwt(header: Json, payload: Json, signer: Signer): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${signer(text).toString('base64url')}`;
}

export const unsigned: Signer = () => Buffer.alloc(0);
export const hmac =
  (secret: string | Buffer, hash = 'sha256'): Signer =>
  (text) =>
    createHmac(hash, secret).update(text).digest();

/** A key pair for each algorithm, and what signs with it. */
export const rsa = makeSigner('RS256');
export const ec = makeSigner('ES256');
export const ed = makeSigner('EdDSA');

export interface KeyPair {
  alg: string;
  sign: Signer;
  publicKey: KeyObject;
  pem: string;
  jwk: Json;
}

export function makeSigner(alg: 'RS256' | 'ES256' | 'EdDSA'): KeyPair {
  const { publicKey, privateKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
        : generateKeyPairSync('ed25519');
  return {
    alg,
    sign: (text) =>
      alg === 'EdDSA'
        ? sign(null, Buffer.from(text), privateKey)
        : sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    publicKey,
    pem: publicKey.export({ format: 'pem', type: 'spki' }) as string,
    jwk: publicKey.export({ format: 'jwk' }) as Json,
  };
}

/** Claims of a viewer of `default` that hold for an hour. */
export const claims = (changes: Json = {}): Json => ({
  sub: 'me',
  exp: Math.floor(Date.now() / 1000) + 3_600,
  ...changes,
});
