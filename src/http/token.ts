// Makes and verifies tokens: JWTs signed with SECRET_KEY, or by another issuer whose public keys are configured.
import { decodeProtectedHeader, errors, importJWK, jwtVerify, SignJWT } from 'jose';
import type { Config } from '../config.ts';
import { type PublicKey, readJwks, readPublicKey } from '../public_keys.ts';
import { type Role, roles } from './roles.ts';

/** What a valid token says. */
export interface TokenClaims {
  subject: string;
  /** The name of the tenant. */
  tenant: string;
  role: Role;
  /** Milliseconds since 1970. */
  expiresAtMs: number;
}

/** Why a token is refused; `role` when its signature is right but it claims a role that does not exist. */
export type TokenFault = 'invalid' | 'expired' | 'role';

export type VerifyToken = (token: string) => Promise<TokenClaims | { fault: TokenFault }>;

export type TokenConfig = Pick<Config, 'jwtIssuer' | 'jwtAudience' | 'jwtPublicKey' | 'jwtJwksFile'>;

export const DEFAULT_TENANT = 'default';
/** A set that is signed with too many keys under one id is not tried through. */
const CANDIDATES_MAX = 8;
/** A JWKS file is read again after so long, so that a key that was removed is trusted no more. */
const JWKS_MS = 60_000;
/** A token with an unknown key has it read sooner, but no more often than this. */
const JWKS_MS_MIN = 5_000;

/**
 * A verifier that accepts HS256 with the secret only, and each public key with the algorithm of its kind only: which key is
 * tried is decided by the algorithm, never the other way round, so a public key cannot be taken for a secret. `exp` and `sub`
 * are required, and issuer and audience where they are configured.
 * @param now the clock, in ms, that says when to read the JWKS file again
 */
export function makeVerifyToken(
  secretKey: string,
  config: TokenConfig,
  now: () => number = () => performance.now(),
): VerifyToken {
  const secret = new TextEncoder().encode(secretKey);
  const publicKeys = new PublicKeys(config, now);
  const expected = {
    requiredClaims: ['sub', 'exp'],
    ...(config.jwtIssuer !== undefined && { issuer: config.jwtIssuer }),
    ...(config.jwtAudience !== undefined && { audience: config.jwtAudience }),
  };
  return async (token) => {
    try {
      const { alg = '', kid } = decodeProtectedHeader(token);
      const keys = alg === 'HS256' ? [secret] : await publicKeys.find(alg, kid);
      for (const key of keys) {
        const payload = await verifyWith(token, key, { ...expected, algorithms: [alg] });
        if (payload !== undefined) return readClaims(payload);
      }
      return { fault: 'invalid' };
    } catch (error) {
      return { fault: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
    }
  };
}

/** A token as `tocsin token` prints it. */
export async function mintToken(
  secretKey: string,
  claims: Pick<TokenClaims, 'subject' | 'tenant' | 'role' | 'expiresAtMs'>,
  { jwtIssuer, jwtAudience }: Partial<TokenConfig> = {},
): Promise<string> {
  const token = new SignJWT({ tenant: claims.tenant, role: claims.role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(claims.subject)
    .setIssuedAt()
    .setExpirationTime(Math.floor(claims.expiresAtMs / 1000));
  if (jwtIssuer !== undefined) token.setIssuer(jwtIssuer);
  if (jwtAudience !== undefined) token.setAudience(jwtAudience);
  return await token.sign(new TextEncoder().encode(secretKey));
}

type Key = Parameters<typeof jwtVerify>[1];

/** Undefined when the signature is not of this key. */
async function verifyWith(token: string, key: Key, options: Parameters<typeof jwtVerify>[2]) {
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return undefined;
    throw error;
  }
}

function readClaims({ sub, exp, tenant, role }: Record<string, unknown>): TokenClaims | { fault: TokenFault } {
  // Stands in `acknowledged_by` and in logs, so it must be a text that can.
  const isName = typeof sub === 'string' && /^[^\p{Cc}]{1,200}$/u.test(sub);
  const name = tenant ?? DEFAULT_TENANT;
  if (!isName || typeof name !== 'string' || typeof exp !== 'number') return { fault: 'invalid' };
  const known = roles.find((candidate) => candidate === (role ?? 'viewer'));
  return known ? { subject: sub, tenant: name, role: known, expiresAtMs: exp * 1000 } : { fault: 'role' };
}

type ImportedKey = {
  alg: string;
  kid: string | undefined;
  key: Exclude<Awaited<ReturnType<typeof importJWK>>, Uint8Array>;
};

/** The keys of JWT_PUBLIC_KEY and JWT_JWKS_FILE; the file may change while we run. */
class PublicKeys {
  #keys: Promise<ImportedKey[]> | undefined;
  #readAt = 0;

  constructor(
    private readonly config: TokenConfig,
    private readonly now: () => number,
  ) {}

  async find(alg: string, kid: string | undefined): Promise<ImportedKey['key'][]> {
    const select = (keys: ImportedKey[]) =>
      keys
        .filter((key) => key.alg === alg && (key.kid === undefined || kid === undefined || key.kid === kid))
        .slice(0, CANDIDATES_MAX)
        .map(({ key }) => key);
    const found = select(await this.#read(JWKS_MS));
    return found.length > 0 ? found : select(await this.#read(JWKS_MS_MIN));
  }

  #read(ageMsMax: number): Promise<ImportedKey[]> {
    const { jwtPublicKey, jwtJwksFile } = this.config;
    const isFresh = jwtJwksFile === undefined || this.now() - this.#readAt < ageMsMax;
    if (this.#keys !== undefined && isFresh) return this.#keys;
    this.#readAt = this.now();
    const single = jwtPublicKey === undefined ? undefined : readPublicKey(jwtPublicKey);
    const set = jwtJwksFile === undefined ? [] : readJwks(jwtJwksFile);
    // A file that is being written, or was lost, takes no key away.
    if (set === undefined && this.#keys !== undefined) return this.#keys;
    this.#keys = Promise.all([...(single ? [single] : []), ...(set ?? [])].map(importKey));
    return this.#keys;
  }
}

async function importKey(jwk: PublicKey): Promise<ImportedKey> {
  return { alg: jwk.alg, kid: jwk.kid, key: (await importJWK(jwk, jwk.alg)) as ImportedKey['key'] };
}
