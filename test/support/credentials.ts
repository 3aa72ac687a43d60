// Makes credentials before a database that does what a test says.
import { afterAll } from 'bun:test';
import { makeApiKey } from '../../src/http/api_key.ts';
import { Credentials, type CredentialsOptions } from '../../src/http/credentials.ts';
import { createLog } from '../../src/log.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { claims, hmac, type Json, makeJwt } from './jwt.ts';

const secretKey = 'the secret of these tests, 32 bytes';
const config = {
  jwtIssuer: undefined,
  jwtAudience: undefined,
  jwtPublicKey: undefined,
  jwtJwksFile: undefined,
  rateLimit: 100,
};

type KeyRow = NonNullable<Awaited<ReturnType<CredentialsOptions['calls']['find_api_key']>>>;

/** Credentials before a database that does what the test says, and counts how often it is asked. */
export function makeCredentials() {
  const key = makeApiKey();
  const row: KeyRow = {
    api_key_id: 7,
    tenant_id: 3,
    tenant: 'acme',
    role: 'operator',
    subject: 'key:7',
    rate_limit: 5_000,
    expires_at: null,
  };
  const database = { row: row as KeyRow | null, isAway: false, asked: 0, touched: [] as number[][], tenantId: 3 };
  const ask = async <T>(answer: () => T): Promise<T> => {
    database.asked++;
    if (database.isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
    return answer();
  };
  const epochs = new Epochs();
  const created_at = new Date().toISOString();
  const credentials = new Credentials({
    secretKey,
    config,
    epochs,
    log: createLog({ write: () => undefined }),
    calls: {
      find_api_key: ({ p_key_hash }) => ask(() => (p_key_hash === key.hash ? database.row : null)),
      get_tenant: ({ p_name }) =>
        ask(() =>
          p_name === 'nobody'
            ? null
            : { id: p_name === 'default' ? 1 : database.tenantId, name: p_name, created_at, queue_limit: null },
        ),
      touch_api_keys: async ({ p_api_key_ids }) => void database.touched.push(p_api_key_ids),
    },
  });
  afterAll(() => credentials.stop());
  const identify = async (authorization: string, tenant: string | null = null) =>
    credentials.identify(authorization, tenant);
  return { key, row, database, epochs, credentials, identify, bearer: `Bearer ${key.text}` };
}

/** A header with a token of this secret, by default of a viewer of `default`. */
export const tokenOf = (payload: Json) => `Bearer ${makeJwt({ alg: 'HS256' }, claims(payload), hmac(secretKey))}`;
