// Every route of the app, tried without credentials, with forged ones, by each role, and by another tenant.
import { describe, expect, test } from 'bun:test';
import { rolesNeeded, roles } from '../../src/http/roles.ts';
import { Cache } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { testHttp } from '../support/http.ts';
import { claims, hmac, makeJwt, rsa, unsigned } from '../support/jwt.ts';
import { bodyOf, type KnownRoute, listRoutes, pathOf, plant } from '../support/routes.ts';

const secretKey = 'the secret of the access tests, long';
const config = { environment: 'production', secretKey, jwtPublicKey: rsa.pem } as const;
const epochs = new Epochs();
const cache = new Cache({ epochs, itemsMax: 1_000, bytesMax: 10_000_000, ttlMs: 60_000 });
const http = await testHttp({ config: { ...config, rateLimit: 1_000_000 }, epochs, cache });
const { sql, api } = http;
await api.tenants.create_tenant({ p_name: 'other' });
const uncached = await testHttp({ sql, config: { ...config, rateLimit: 1_000_000 } });
const emptyAnswers = await answersOf('other');
const planted = await plant(http);

const routes = listRoutes(http);
const guarded = routes.filter(({ role }) => role !== 'anyone');
const operations = guarded.filter((route): route is KnownRoute & { role: string } => route.role !== undefined);
const named = (list: KnownRoute[]) => list.map((route) => [route.name, route] as const);

/** All rows of a tenant, of every table that has rows of tenants, as one text. */
const tables = await sql<{ name: string }[]>`
  select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
   where c.relnamespace = 'tocsin_data'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`;
const rowsOf = async (tenantId: number) => {
  const rows = await Promise.all(
    tables.map(
      ({ name }) => sql`select t.* from tocsin_data.${sql(name)} t where tenant_id = ${tenantId} order by t::text`,
    ),
  );
  return JSON.stringify(rows);
};
const send = (route: KnownRoute, headers: Record<string, string> = {}, query = '') =>
  http.send(route.method, pathOf(route, planted) + query, bodyOf(route, planted), headers);

describe('the list of routes', () => {
  test('is whole: each is an operation that says who may call it, or a page of ours', () => {
    expect(operations.length).toBeGreaterThan(30);
    const strange = guarded.filter(({ role }) => role === undefined).map(({ name }) => name);
    expect(strange.filter((name) => !/^(?:WS|GET) \/api\/v1\/ws\//.test(name))).toEqual([]);
  });

  test('uses every line of the table of roles', () => {
    const used = new Set(routes.map(({ operationId }) => operationId));
    expect(Object.keys(rolesNeeded).filter((operationId) => !used.has(operationId))).toEqual([]);
  });

  test('lets anyone see only health', () => {
    const open = routes.filter(({ role }) => role === 'anyone').map(({ path }) => path);
    expect(open.filter((path) => !/^(?:\/api\/v1)?\/(?:health(?:\/|$)|metrics$)/.test(path))).toEqual([]);
  });

  test('has reads that the cache may answer, before any role is asked for, open to every role', () => {
    const cached = /^\/api\/v1\/(?:webhooks|alerts|deliveries|dashboard)(?:\/|$)/;
    const reads = operations.filter(({ method, path }) => method === 'GET' && cached.test(path));
    expect(reads.length).toBeGreaterThan(8);
    expect(reads.filter(({ role }) => role !== 'viewer').map(({ name }) => name)).toEqual([]);
  });
});

const admin = claims({ role: 'admin' });
const hs256 = { alg: 'HS256' };
const bearers: Record<string, string> = {
  'a word': 'Bearer letmein',
  'a forged token': `Bearer ${makeJwt(hs256, admin, hmac('another secret'))}`,
  'an expired token': `Bearer ${makeJwt(hs256, { ...admin, exp: 1_700_000_000 }, hmac(secretKey))}`,
  'a token without an end': `Bearer ${makeJwt(hs256, { ...admin, exp: undefined }, hmac(secretKey))}`,
  'a token without a subject': `Bearer ${makeJwt(hs256, { ...admin, sub: undefined }, hmac(secretKey))}`,
  'a token of another algorithm': `Bearer ${makeJwt({ alg: 'HS512' }, admin, hmac(secretKey, 'sha512'))}`,
  'an unsigned token': `Bearer ${makeJwt({ alg: 'none' }, admin, unsigned)}`,
  'a token signed with the public key as secret': `Bearer ${makeJwt(hs256, admin, hmac(rsa.pem))}`,
  'an API key that nobody has': `Bearer tsk_${'A'.repeat(49)}`,
  'a password': `Basic ${Buffer.from('admin:admin').toString('base64')}`,
  'a right token under another scheme': `Token ${makeJwt(hs256, admin, hmac(secretKey))}`,
  nothing: 'Bearer',
};

describe.each(named(guarded))('%s', (_, route) => {
  test('refuses strangers, whatever they bring, and looks at nothing else', async () => {
    const attempts: [string, Record<string, string>][] = [
      ['no credentials', {}],
      ['only a tenant', { 'x-tenant': 'default' }],
      ...Object.entries(bearers).map(([what, authorization]): [string, Record<string, string>] => [
        what,
        { authorization },
      ]),
    ];
    for (const [what, headers] of attempts) {
      const { status, json, headers: sent, text } = await send(route, headers);
      expect({ what, status, code: json?.error_code }).toEqual({ what, status: 401, code: 'UNAUTHENTICATED' });
      expect(sent.get('www-authenticate')).toStartWith('Bearer realm="tocsin"');
      expect(text).not.toContain(planted.marker);
    }
  });

  test.skipIf(route.path.includes('/ws/'))('takes no token from its address', async () => {
    const { authorization = '' } = await http.bearer();
    for (const name of ['token', 'access_token', 'authorization']) {
      expect((await send(route, {}, `?${name}=${authorization.slice(7)}`)).status).toBe(401);
    }
  });
});

describe('after all that', () => {
  test('right tokens of both kinds are let in', async () => {
    for (const authorization of [
      (await http.bearer()).authorization as string,
      `Bearer ${makeJwt({ alg: 'RS256' }, admin, rsa.sign)}`,
    ]) {
      expect((await http.get('/api/v1/webhooks', { authorization })).status).toBe(200);
    }
  });
});

describe.each(named(operations))('%s', (_, route) => {
  test(`is for the role ${route.role} and those above it`, async () => {
    // In another tenant, whose rows nobody misses; unknown ids and wrong bodies come after the question of roles.
    for (const role of roles) {
      const { status, json } = await send(route, await http.bearer({ role, tenant: 'other' }));
      const isAllowed = roles.indexOf(role) >= roles.indexOf(route.role as (typeof roles)[number]);
      expect({ role, isAllowed: status !== 403 && status !== 401 }).toEqual({ role, isAllowed });
      if (!isAllowed) expect(json.error_code).toBe('PERMISSION_DENIED');
    }
  });
});

/** What each list and figure answers in a tenant, but for the times in it; figures of the server as a whole are left out. */
async function answersOf(tenant: string) {
  const bearer = await uncached.bearer({ tenant });
  const lists = listRoutes(uncached).filter(
    ({ method, path, role }) =>
      method === 'GET' && role === 'viewer' && !/:|\/cache\/|\/system\/|^\/metrics/.test(path),
  );
  const answers: Record<string, unknown> = {};
  for (const { name, path } of lists) {
    const { text, status } = await uncached.get(path, bearer);
    const timeless = JSON.parse(text, (key, value) => {
      if (key === 'window_seconds') return undefined;
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? 'a time' : value;
    });
    // A minute may begin between two looks at a series of minutes: one of each kind is compared.
    const rows = new Set(timeless.items?.map((item: unknown) => JSON.stringify(item)));
    answers[name] = path.endsWith('/timeseries') ? { status, rows: [...rows] } : { status, ...timeless };
  }
  return answers;
}

describe('a caller of another tenant', () => {
  test('gets the same lists and figures as before there was anything in the first', async () => {
    expect(Object.keys(emptyAnswers).length).toBeGreaterThan(2);
    expect(await answersOf('other')).toEqual(emptyAnswers);
  });

  test('is watched for changes in every table of tenants', () => {
    const names = tables.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['alerts', 'alert_delivery_queue', 'api_keys', 'webhook_secrets', 'webhooks']),
    );
  });

  test('would miss nothing of what was planted, were it the right tenant', async () => {
    const seen = ['/webhooks', '/alerts', '/deliveries', '/api-keys', `/webhooks/${planted.webhookId}`];
    for (const path of seen) {
      const { text } = await http.get(`/api/v1${path}`, await http.bearer());
      expect({ path, isThere: text.includes(planted.marker) }).toEqual({ path, isThere: path !== '/deliveries' });
    }
  });

  const theirs = operations.filter(({ role }) => role !== 'platform');

  test.each(named(theirs))('by %s neither sees nor changes anything', async (_, route) => {
    // What its owner has just read lies in the cache.
    if (route.method === 'GET') await send(route, await http.bearer());
    const before = await rowsOf(1);
    for (const role of ['admin', 'platform'] as const) {
      const bearer = await http.bearer({ role, tenant: 'other' });
      const { status, text } = await send(route, bearer);
      expect(text).not.toContain(planted.marker);
      if (status === 200) expect(text).not.toContain(String(planted.deliveryId));
      if (/:id/.test(route.path)) expect({ name: route.name, status }).toEqual({ name: route.name, status: 404 });
      else expect(status).toBeLessThan(500);
    }
    expect(await rowsOf(1)).toBe(before);
  });

  test('learns nothing from a list, by any filter', async () => {
    const bearer = await http.bearer({ role: 'admin', tenant: 'other' });
    const { webhookId, alertId, marker } = planted;
    for (const query of [`q=${marker}`, `webhook_id=${webhookId}`, `alert_id=${alertId}`, 'cursor=MS4xLjE']) {
      for (const noun of ['webhooks', 'alerts', 'deliveries']) {
        const { text, status } = await http.get(`/api/v1/${noun}?${query}`, bearer);
        expect([200, 404, 422]).toContain(status);
        expect(text).not.toContain(marker);
      }
    }
  });

  test('cannot choose the tenant by x-tenant', async () => {
    for (const role of ['viewer', 'operator', 'admin'] as const) {
      const bearer = await http.bearer({ role, tenant: 'other' });
      const { status, text } = await http.get('/api/v1/webhooks', { ...bearer, 'x-tenant': 'default' });
      expect(status).toBe(403);
      expect(text).not.toContain(planted.marker);
      expect((await http.get('/api/v1/webhooks', { ...bearer, 'x-tenant': 'other' })).status).toBe(200);
    }
  });

  test('is refused when the tenant of the token does not exist', async () => {
    const { status } = await http.get('/api/v1/webhooks', await http.bearer({ tenant: 'nobody' }));
    expect(status).toBe(403);
  });
});
