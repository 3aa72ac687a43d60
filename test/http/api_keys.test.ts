// The routes under /api-keys: a key is made, shown once, used, and ended.
import { describe, expect, test } from 'bun:test';
import { testHttp } from '../support/http.ts';

const http = await testHttp({ config: { environment: 'production', secretKey: 's'.repeat(32), rateLimit: 1_000_000 } });
const path = '/api/v1/api-keys';
const admin = await http.bearer();

const create = async (body: object = {}) =>
  (await http.post(path, { name: 'ci', role: 'operator', ...body }, admin)).json;
const use = (key: string, at = '/api/v1/webhooks') => http.get(at, { authorization: `Bearer ${key}` });

describe('POST /api-keys', () => {
  test('answers 201 with the key, this once, and it works at once with its role', async () => {
    const { id, key, key_prefix, ...rest } = await create();
    expect(rest).toEqual({ name: 'ci', role: 'operator' });
    expect(key).toMatch(/^tsk_[0-9A-Za-z]{49}$/);
    expect(key.startsWith(key_prefix)).toBe(true);
    expect((await use(key)).status).toBe(200);
    const raised = await http.post('/api/v1/alerts', { message: 'by a machine' }, { authorization: `Bearer ${key}` });
    expect(raised.status).toBe(201);
    expect((await use(key, path)).status).toBe(403);
    const acknowledged = await http.post(
      `/api/v1/alerts/${raised.json.id}/ack`,
      {},
      { authorization: `Bearer ${key}` },
    );
    expect(acknowledged.json.acknowledged_by).toBe(`key:${id}`);
  });

  test('stores only what cannot be used, and logs nothing of it', async () => {
    const { key } = await create();
    const stored = JSON.stringify(await http.sql`select k.*, k::text from tocsin_data.api_keys k`);
    const listed = (await http.get(path, admin)).text;
    for (const text of [stored, listed, http.logged.join('')]) expect(text).not.toContain(key.slice(10));
  });

  test('gives no one a key with a greater role than their own', async () => {
    const { key } = await create({ role: 'admin' });
    const as = (role: string) => http.post(path, { name: 'x', role }, { authorization: `Bearer ${key}` });
    expect((await as('admin')).status).toBe(201);
    expect((await as('platform')).status).toBe(403);
  });

  test.each([
    [{ name: '' }, '/name'],
    [{ name: 'x'.repeat(201) }, '/name'],
    [{ role: 'root' }, '/role'],
    [{ rate_limit: 0 }, '/rate_limit'],
    [{ rate_limit: 1.5 }, '/rate_limit'],
    [{ expires_at: 'tomorrow' }, '/expires_at'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    [{ key: 'tsk_mine' }, '/key'],
  ])('refuses %j', async (changes, pointer) => {
    const { status, json } = await http.post(path, { name: 'ci', role: 'viewer', ...changes }, admin);
    expect({ status, pointer: json.errors[0].pointer }).toEqual({ status: 422, pointer });
  });
});

describe('GET /api-keys', () => {
  test('lists the keys of the tenant in pages, without those that were revoked unless they are asked for', async () => {
    const [first, second, third] = [
      await create({ name: 'a' }),
      await create({ name: 'b' }),
      await create({ name: 'c' }),
    ];
    await http.send('DELETE', `${path}/${second.id}`, undefined, admin);
    const listed: number[] = [];
    let cursor = '';
    do {
      const { json } = await http.get(`${path}?limit=2${cursor}`, admin);
      listed.push(...json.items.map(({ id }: { id: number }) => id));
      cursor = json.next_cursor === null ? '' : `&cursor=${json.next_cursor}`;
    } while (cursor !== '');
    expect(listed).toContain(first.id);
    expect(listed).toContain(third.id);
    expect(listed).not.toContain(second.id);
    const all = (await http.get(`${path}?include_revoked=true&limit=100`, admin)).json;
    expect(all.items.find(({ id }: { id: number }) => id === second.id).revoked_at).toBeString();
    expect(all.total).toBe(all.items.length);
  });
});

describe('DELETE /api-keys/{id}', () => {
  test('ends the key from the very next request, for good', async () => {
    const { id, key } = await create();
    expect((await use(key)).status).toBe(200);
    expect((await http.send('DELETE', `${path}/${id}`, undefined, admin)).status).toBe(204);
    const { status, json } = await use(key);
    expect({ status, detail: json.detail }).toMatchObject({ status: 401, detail: expect.stringContaining('revoked') });
    expect((await http.send('DELETE', `${path}/${id}`, undefined, admin)).status).toBe(404);
  });
});
