// How a socket ends that its client did not close: revoked, deleted, too slow; and what is counted of all that.
import { afterAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { makeApiKey } from '../../src/http/api_key.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { startInvalidation } from '../../src/store/invalidate.ts';
import { testHttp } from '../support/http.ts';
import { openLive } from '../support/live_client.ts';
import { until } from '../support/wait.ts';

const epochs = new Epochs();
const http = await testHttp({
  isLive: true,
  epochs,
  heartbeatMs: 50,
  config: { rateLimit: 20, rateLimitWindowSeconds: 3_600 },
});
const { sql, api } = http;
const invalidation = await startInvalidation(sql, epochs, undefined);
afterAll(() => invalidation.stop());
const path = `${http.url}/api/v1/ws/dashboard`;
const counts = () => http.live?.counts();

async function makeKey(tenantId = 1) {
  const { text, hash, prefix } = makeApiKey();
  const name = crypto.randomUUID();
  const key = { p_tenant_id: tenantId, p_name: name, p_role: 'viewer', p_key_hash: hash, p_key_prefix: prefix };
  return { id: await api.api_keys.create_api_key(key), authorization: `Bearer ${text}` };
}
async function makeTenant(name: string): Promise<number> {
  await api.tenants.create_tenant({ p_name: name });
  return (await api.tenants.get_tenant({ p_name: name }))?.id ?? 0;
}

describe('an open socket', () => {
  test('is closed with 1008 when its API key is revoked, by whomever, and those of others stay', async () => {
    const [mine, theirs] = [await makeKey(), await makeKey()];
    const ending = await openLive(path, { authorization: mine.authorization });
    const staying = await openLive(path, { authorization: theirs.authorization });
    // By hand, as psql would: it is announced, as what the API does is.
    await sql`select tocsin.revoke_api_key(1, ${mine.id})`;
    await until(() => ending.closed !== undefined, { what: 'the end of the revoked one' });
    expect(ending.closed).toEqual({ code: 1008, reason: 'The credentials are no longer valid.' });
    expect(staying.closed).toBeUndefined();
    const admin = await http.bearer();
    expect((await http.send('DELETE', `/api/v1/api-keys/${theirs.id}`, undefined, admin)).status).toBe(204);
    await until(() => staying.closed !== undefined, { what: 'the end of the other one' });
    expect(staying.closed?.code).toBe(1008);
    expect((await fetch(`${http.url}/api/v1/alerts`, { headers: { authorization: mine.authorization } })).status).toBe(
      401,
    );
  });

  test('is closed when its tenant is deleted, be it open by token, by key or by x-tenant', async () => {
    const tenantId = await makeTenant('leaving');
    const key = await makeKey(tenantId);
    const platform = await http.bearer({ role: 'platform' });
    const sockets = await Promise.all([
      openLive(path, await http.bearer({ tenant: 'leaving' })),
      openLive(path, { authorization: key.authorization }),
      openLive(path, { ...platform, 'x-tenant': 'leaving' }),
    ]);
    const staying = await openLive(path, platform);
    expect((await http.send('DELETE', '/api/v1/tenants/leaving', undefined, platform)).status).toBe(204);
    await until(() => sockets.every(({ closed }) => closed !== undefined), { what: 'the end of all three' });
    expect(sockets.map(({ closed }) => closed?.code)).toEqual([1008, 1008, 1008]);
    const before = staying.messages.length;
    await until(() => staying.messages.length > before + 1);
    expect(staying.closed).toBeUndefined();
    staying.close();
  });

  test('that reads nothing is dropped, and holds up nobody else', async () => {
    const lost = counts()?.lost ?? 0;
    const reader = await openLive(path);
    reader.send({ action: 'subscribe', types: ['alerts'] });
    await reader.waitFor('subscription_confirmed');
    const { hostname, port } = new URL(http.url);
    const deaf = connect(Number(port), hostname);
    const upgrade = `GET /api/v1/ws/alerts HTTP/1.1\r\nhost: ${hostname}:${port}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n`;
    deaf.write(`${upgrade}sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n`);
    const head = await new Promise<Buffer>((resolve) => deaf.once('data', resolve));
    deaf.pause();
    expect(String(head)).toStartWith('HTTP/1.1 101');
    // More than the buffers of the system and the limit of ours take together; never more at once than a good reader takes.
    let raised = 0;
    const alerts = Array.from({ length: 100 }, () => ({ message: 'x'.repeat(10_000), alert_type: 'flood' }));
    const received = () => reader.messages.filter(({ type }) => type === 'alert_new').length;
    const isDropped = () => (counts()?.lost ?? 0) > lost;
    await until(
      async () => {
        if (received() === raised && !isDropped())
          raised += (await api.alerts.raise_alerts({ p_alerts: alerts })).length;
        return isDropped() && received() === raised;
      },
      { what: 'the end of the one that reads nothing', timeoutMs: 40_000 },
    );
    expect(reader.closed).toBeUndefined();
    deaf.destroy();
    reader.close();
  }, 60_000);
});

describe('an upgrade', () => {
  test('counts against the limit of its caller, and is refused with 429 beyond it', async () => {
    const { authorization } = await makeKey();
    const opened = await Promise.all(Array.from({ length: 20 }, () => openLive(path, { authorization })));
    expect(opened.every(({ closed }) => closed === undefined)).toBe(true);
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGVzdA==',
    };
    const refused = await fetch(path, { headers: { ...upgrade, authorization } });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error_code: 'RATE_LIMITED' });
    // Other requests of the same caller are counted with them, once each.
    const other = (await makeKey()).authorization;
    (await openLive(path, { authorization: other })).close();
    const { headers } = await http.get('/api/v1/webhooks', { authorization: other });
    expect(headers.get('x-ratelimit-remaining')).toBe('18');
    for (const client of opened) client.close();
  });
});

test('heartbeats tell how many are connected; what was sent and who left is counted', async () => {
  await until(() => counts()?.connections === 0, { what: 'the end of the sockets before' });
  const before = counts();
  const clients = await Promise.all([openLive(path), openLive(path), openLive(path)]);
  for (const client of clients) await client.waitFor('heartbeat', (m) => m.active_connections === 3);
  expect(counts()).toMatchObject({
    connections: 3,
    users: 1,
    opened: (before?.opened ?? 0) + 3,
    closed: before?.closed,
  });
  const received = () => clients.reduce((sum, { messages }) => sum + messages.length, 0);
  expect(counts()?.messages).toBeGreaterThanOrEqual((before?.messages ?? 0) + 3);
  await until(() => received() >= 9);
  for (const client of clients) client.close();
  await until(() => counts()?.connections === 0);
  expect(counts()).toMatchObject({ closed: (before?.closed ?? 0) + 3, dropped: before?.dropped, lost: before?.lost });
});

test('nothing is read for the feed while nobody watches, and again from when somebody does', async () => {
  const watched = await testHttp({ isLive: true, sql });
  const clock = await openLive(`${watched.url}/api/v1/ws/dashboard`);
  clock.send({ action: 'subscribe', types: ['metrics'] });
  const ticks = () => clock.messages.filter(({ type }) => type === 'metrics_update').length;
  const { list_feed_alerts } = http.api.live;
  let reads = 0;
  http.api.live.list_feed_alerts = (...args) => {
    reads++;
    return list_feed_alerts(...args);
  };
  await until(() => counts()?.connections === 0);
  // A round that began while somebody watched ends before the other server has gone through two of its own.
  const before = ticks();
  await until(() => ticks() > before + 1);
  const idle = reads;
  await until(() => ticks() > before + 3);
  expect(reads).toBe(idle);
  const client = await openLive(path);
  await until(() => reads > idle + 1);
  client.close();
  clock.close();
  http.api.live.list_feed_alerts = list_feed_alerts;
});
