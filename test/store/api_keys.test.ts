// API keys and tenants in SQL: what is found, what is refused, and what every server hears of.
import { describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase({ max: 4 });
const { api_keys, tenants, webhooks, alerts } = makeApi(sql);

let count = 0;
const makeHash = () => (++count).toString(16).padStart(64, '0');
const makeKey = async (changes: Partial<Parameters<typeof api_keys.create_api_key>[0]> = {}) => {
  const key_hash = makeHash();
  const key = { p_tenant_id: 1, p_name: 'ci', p_role: 'operator', p_key_hash: key_hash, p_key_prefix: 'tsk_abcd' };
  return { key_hash, id: await api_keys.create_api_key({ ...key, ...changes }) };
};
const find = (p_key_hash: string) => api_keys.find_api_key({ p_key_hash });
const stateOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error) => error.code,
  );

/** Collects what servers hear from now on. */
async function listen() {
  const heard: string[] = [];
  const { unlisten } = await sql.listen('tocsin_changed', (tag) => heard.push(tag));
  return { heard, unlisten };
}

describe('an API key', () => {
  test('is found by its hash, with its tenant, role, subject and limit', async () => {
    const { key_hash, id } = await makeKey({ p_rate_limit: 5000 });
    expect(await find(key_hash)).toEqual({
      api_key_id: id,
      tenant_id: 1,
      tenant: 'default',
      role: 'operator',
      subject: `key:${id}`,
      rate_limit: 5000,
      expires_at: null,
    });
    expect(await find(makeHash())).toBeNull();
  });

  test('is not found after its time', async () => {
    const { key_hash, id } = await makeKey({ p_expires_at: new Date(Date.now() + 60_000).toISOString() });
    expect(await find(key_hash)).not.toBeNull();
    await sql`update tocsin_data.api_keys set expires_at = now() where api_key_id = ${id}`;
    expect(await find(key_hash)).toBeNull();
  });

  test('ends when it is revoked, once, and only by its own tenant', async () => {
    const { key_hash, id } = await makeKey();
    const other = await tenants.create_tenant({ p_name: 'revoker' });
    expect(await stateOf(api_keys.revoke_api_key({ p_tenant_id: other, p_api_key_id: id }))).toBe('NTFND');
    expect(await find(key_hash)).not.toBeNull();
    await api_keys.revoke_api_key({ p_tenant_id: 1, p_api_key_id: id });
    expect(await find(key_hash)).toBeNull();
    expect(await stateOf(api_keys.revoke_api_key({ p_tenant_id: 1, p_api_key_id: id }))).toBe('NTFND');
  });

  test('is announced to every server when it is revoked, but neither when it is made nor when it is used', async () => {
    const { heard, unlisten } = await listen();
    const { id } = await makeKey();
    await api_keys.touch_api_keys({ p_api_key_ids: [id] });
    await api_keys.revoke_api_key({ p_tenant_id: 1, p_api_key_id: id });
    await until(() => heard.length > 0);
    expect(heard).toEqual(['1:api_keys']);
    await unlisten();
  });

  test('is listed without its hash, and no more once revoked unless that is asked for', async () => {
    const tenant = await tenants.create_tenant({ p_name: 'lister' });
    const ids = [];
    for (const name of ['a', 'b', 'c']) ids.push((await makeKey({ p_tenant_id: tenant, p_name: name })).id);
    await api_keys.revoke_api_key({ p_tenant_id: tenant, p_api_key_id: ids[1] as number });
    const all = { p_tenant_id: tenant };
    expect((await api_keys.list_api_keys(all)).map(({ name }) => name)).toEqual(['a', 'c']);
    expect(await api_keys.count_api_keys(all)).toBe(2);
    const revoked = await api_keys.list_api_keys({ ...all, p_include_revoked: true, p_after_id: ids[0] });
    expect(revoked.map(({ name, revoked_at }) => [name, revoked_at !== null])).toEqual([
      ['b', true],
      ['c', false],
    ]);
    expect(JSON.stringify(revoked)).not.toContain('000000');
  });

  test('remembers when it was last used', async () => {
    const { id } = await makeKey();
    const lastUse = async () =>
      (await api_keys.list_api_keys({ p_tenant_id: 1, p_limit: 100 })).find((key) => key.id === id);
    expect((await lastUse())?.last_used_at).toBeNull();
    await api_keys.touch_api_keys({ p_api_key_ids: [id, id, 999_999] });
    const first = (await lastUse())?.last_used_at as string;
    await api_keys.touch_api_keys({ p_api_key_ids: [id] });
    expect(((await lastUse())?.last_used_at as string) >= first).toBe(true);
  });

  test.each([
    [{ p_name: '' }, '/name'],
    [{ p_name: 'a\u001b[2J' }, '/name'],
    [{ p_role: 'owner' }, '/role'],
    [{ p_rate_limit: 0 }, '/rate_limit'],
    [{ p_expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
  ])('with %j is refused, with a pointer', async (changes, pointer) => {
    const error = await makeKey(changes).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'INVLD', column_name: pointer });
  });

  test('beyond a thousand of a tenant is refused until one is revoked', async () => {
    const tenant = await tenants.create_tenant({ p_name: 'hoarder' });
    await sql`insert into tocsin_data.api_keys (tenant_id, name, role, key_hash, key_prefix)
      select ${tenant}, 'k', 'viewer', encode(sha256(n::text::bytea), 'hex'), 'tsk_abcd' from generate_series(1, 1000) n`;
    expect(await stateOf(makeKey({ p_tenant_id: tenant }))).toBe('STALE');
    const [first] = await api_keys.list_api_keys({ p_tenant_id: tenant, p_limit: 1 });
    await api_keys.revoke_api_key({ p_tenant_id: tenant, p_api_key_id: first?.id ?? 0 });
    expect(await stateOf(makeKey({ p_tenant_id: tenant }))).toBe('none');
  });
});

describe('a tenant', () => {
  test('is created once, found, listed and counted', async () => {
    const before = await tenants.count_tenants();
    const id = await tenants.create_tenant({ p_name: 'acme' });
    expect(await tenants.get_tenant({ p_name: 'acme' })).toMatchObject({ id, name: 'acme' });
    expect(await tenants.list_tenants({ p_after_id: id - 1, p_limit: 1 })).toMatchObject([{ id, name: 'acme' }]);
    expect(await tenants.count_tenants()).toBe(before + 1);
    expect(await stateOf(tenants.create_tenant({ p_name: 'acme' }))).toBe('EXIST');
    expect(await tenants.count_tenants()).toBe(before + 1);
  });

  test.each(['', 'A', '-a', 'a b', 'ä', 'x'.repeat(64), "a'; drop table tocsin_data.tenants; --"])(
    'cannot be called %j',
    async (p_name) => {
      expect(await tenants.create_tenant({ p_name }).catch((reason) => reason)).toMatchObject({
        code: 'INVLD',
        column_name: '/name',
      });
    },
  );

  test('takes its keys and webhooks along when it is deleted, and leaves its name free', async () => {
    const tenant = await tenants.create_tenant({ p_name: 'gone' });
    const { key_hash } = await makeKey({ p_tenant_id: tenant });
    const webhook = { p_name: 'w', p_url: 'https://example.com', p_secret_sealed: 'sealed' };
    await webhooks.create_webhook({ p_tenant_id: tenant, ...webhook });
    const { heard, unlisten } = await listen();
    await tenants.delete_tenant({ p_name: 'gone' });
    await until(() => heard.length >= 3);
    await unlisten();
    expect(heard.toSorted()).toEqual([`${tenant}:api_keys`, `${tenant}:tenants`, `${tenant}:webhooks`]);
    expect(await tenants.get_tenant({ p_name: 'gone' })).toBeNull();
    expect(await find(key_hash)).toBeNull();
    expect(await webhooks.count_webhooks({ p_tenant_id: tenant })).toBe(0);
    expect(await sql`select from tocsin_data.webhook_secrets where tenant_id = ${tenant}`).toHaveLength(0);
    expect(await stateOf(alerts.raise_alert({ p_message: 'late', p_tenant_id: tenant }))).toBe('NTFND');
    expect(await stateOf(tenants.delete_tenant({ p_name: 'gone' }))).toBe('NTFND');
    expect(await tenants.create_tenant({ p_name: 'gone' })).toBeGreaterThan(tenant);
  });

  test('called default stays, and so does one that watches tables', async () => {
    expect(await stateOf(tenants.delete_tenant({ p_name: 'default' }))).toBe('STALE');
    const tenant = await tenants.create_tenant({ p_name: 'watcher' });
    await sql`insert into tocsin_data.watched_tables (table_name, tenant_id, alert_type, severity, operations)
      values ('public.orders', ${tenant}, 'custom', 'INFO', '{INSERT}')`;
    expect(await stateOf(tenants.delete_tenant({ p_name: 'watcher' }))).toBe('STALE');
    expect(await tenants.get_tenant({ p_name: 'watcher' })).toMatchObject({ id: tenant });
  });
});
