// The live socket of the real server: who is let in, what is told to whom, and that nothing is missed.
import { describe, expect, test } from 'bun:test';
import { testHttp } from '../support/http.ts';
import { openLive } from '../support/live_client.ts';
import { until } from '../support/wait.ts';

const http = await testHttp({ isLive: true });
const { sql } = http;
const path = `${http.url}/api/v1/ws/dashboard`;
const all = { action: 'subscribe', types: ['metrics', 'alerts', 'webhooks', 'deliveries'] };

async function watch(types = all.types) {
  const client = await openLive(path);
  client.send({ action: 'subscribe', types });
  await client.waitFor('subscription_confirmed');
  return client;
}

describe('a watcher', () => {
  test('is told of alerts raised by plain SQL, once each, and of changes to them', async () => {
    const client = await watch();
    const [row] = await sql`select tocsin.raise_alert('order.paid', 'Order 42 was paid', 'WARNING') as id`;
    const told = await client.waitFor('alert_new');
    expect(told).toMatchObject({ alert_id: row?.id, severity: 'WARNING', message: 'Order 42 was paid' });
    await sql`select tocsin.acknowledge_alert(1, ${row?.id}, 'me')`;
    expect(await client.waitFor('alert_updated')).toMatchObject({ alert_ids: [row?.id] });
    // A slow round reads the last minute again.
    const count = () => client.messages.filter(({ type }) => type === 'metrics_update').length;
    const before = count();
    await until(() => count() > before + 1, { what: 'two more rounds' });
    expect(client.messages.filter(({ type }) => type === 'alert_new')).toHaveLength(1);
    client.close();
  });

  test('is told of an alert whose transaction was open while later ones were told', async () => {
    const client = await watch(['alerts']);
    const slow = await sql.reserve();
    await slow`begin`;
    const [early] = await slow`select tocsin.raise_alert('slow.one', 'begun first') as id`;
    await sql`select tocsin.raise_alert('fast.one', 'committed first')`;
    await client.waitFor('alert_new', ({ alert_type }) => alert_type === 'fast.one');
    await slow`commit`;
    slow.release();
    expect(await client.waitFor('alert_new', ({ alert_type }) => alert_type === 'slow.one')).toMatchObject({
      alert_id: early?.id,
    });
    client.close();
  });

  test('is told when the health of a webhook changes', async () => {
    const id = await http.api.webhooks.create_webhook({
      p_tenant_id: 1,
      p_name: 'shop',
      p_url: 'http://127.0.0.1:9/',
      p_secret_sealed: 'sealed',
    });
    const client = await watch(['webhooks']);
    for (let i = 0; i < 5; i++) await sql`select tocsin.update_webhook_health(${id}, 500, 12, 'http_500')`;
    expect(await client.waitFor('webhook_status_changed', (m) => m.health_status === 'unavailable')).toMatchObject({
      webhook_id: id,
      webhook_name: 'shop',
    });
    client.close();
  });

  test('gets only what it subscribed to, until it unsubscribes; the older form of messages works too', async () => {
    const client = await openLive(path);
    client.send({ type: 'subscribe', channels: ['alerts'] });
    expect(await client.waitFor('subscription_confirmed')).toMatchObject({ types: ['alerts'] });
    client.send({ type: 'ping' });
    expect(await client.waitFor('pong')).toMatchObject({ connected_users: 1 });
    client.send({ action: 'unsubscribe', types: ['alerts'] });
    await client.waitFor('unsubscribe_confirmed');
    const other = await watch(['alerts']);
    await sql`select tocsin.raise_alert('for.the.other', 'x')`;
    await other.waitFor('alert_new');
    expect(client.messages.some(({ type }) => type === 'alert_new')).toBe(false);
    client.close();
    other.close();
  });

  test('of /ws/alerts has alerts subscribed at once', async () => {
    const client = await openLive(`${http.url}/api/v1/ws/alerts`);
    expect(await client.waitFor('subscription_confirmed')).toMatchObject({ types: ['alerts'] });
    client.close();
  });
});

describe('after a reconnect', () => {
  test('resume sends what was missed, once, and says that it is all', async () => {
    const client = await watch(['alerts']);
    const { cursor } = await client.waitFor('subscription_confirmed');
    client.close();
    for (let i = 0; i < 3; i++) await sql`select tocsin.raise_alert('missed.one', ${`number ${i}`})`;
    const again = await watch(['alerts']);
    again.send({ action: 'resume', cursor });
    const { replayed } = await again.waitFor('resumed');
    const missed = again.messages.filter((m) => m.type === 'alert_new' && m.alert_type === 'missed.one');
    expect(missed.map(({ message }) => message)).toEqual(['number 0', 'number 1', 'number 2']);
    expect(replayed).toBeGreaterThanOrEqual(3);
    again.close();
  });

  test('too much is not sent but said, and a cursor that is none likewise', async () => {
    const client = await watch(['alerts']);
    const { cursor } = await client.waitFor('subscription_confirmed');
    const many = Array.from({ length: 1001 }, (_, i) => ({ message: `number ${i}` }));
    await sql`select tocsin.raise_alerts(${sql.json(many)})`;
    client.send({ action: 'resume', cursor });
    await client.waitFor('reset');
    client.send({ action: 'resume', cursor: '../../etc' });
    await until(() => client.messages.filter(({ type }) => type === 'reset').length === 2);
    client.close();
  });
});

describe('many that resume at once', () => {
  test('are read for one after the other, those that have gone not at all, and nobody without end', async () => {
    const { live } = http.api;
    const read = live.list_feed_alerts;
    const gate = Promise.withResolvers<void>();
    let [reading, most, reads] = [0, 0, 0];
    live.list_feed_alerts = async (args) => {
      // The feed itself reads more at a time.
      if (args.p_limit !== 1_001) return read(args);
      reads++;
      most = Math.max(most, ++reading);
      await gate.promise;
      return read(args).finally(() => reading--);
    };
    try {
      const [staying, leaving, greedy] = [await watch([]), await watch([]), await watch([])];
      const { cursor } = await staying.waitFor('subscription_confirmed');
      for (const client of [staying, leaving]) {
        for (let i = 0; i < 4; i++) client.send({ action: 'resume', cursor });
        client.send({ action: 'ping' });
        await client.waitFor('pong');
      }
      for (let i = 0; i < 6; i++) greedy.send({ action: 'resume', cursor });
      await until(() => greedy.closed !== undefined);
      expect(greedy.closed).toEqual({ code: 1008, reason: 'Too many messages.' });
      const open = http.live?.counts().connections ?? 0;
      leaving.close();
      await until(() => http.live?.counts().connections === open - 1);
      gate.resolve();
      // The test before raised more than is sent again.
      await until(() => staying.messages.filter(({ type }) => /^(?:resumed|reset)$/.test(type)).length === 4);
      expect([most, reads]).toEqual([1, 4]);
      staying.close();
    } finally {
      live.list_feed_alerts = read;
      gate.resolve();
    }
  });
});

describe('the door', () => {
  test('lets in by header, by query and by subprotocol, and keeps tenants apart', async () => {
    await http.api.tenants.create_tenant({ p_name: 'acme' });
    const { authorization = '' } = await http.bearer({ tenant: 'acme' });
    const token = authorization.replace('Bearer ', '');
    const byHeader = await openLive(path, { authorization });
    const byQuery = await openLive(`${path}?token=${token}`);
    const byProtocol = new WebSocket(path.replace('http', 'ws'), ['bearer', token]);
    await until(() => byProtocol.readyState === WebSocket.OPEN);
    for (const client of [byHeader, byQuery]) {
      client.send({ action: 'subscribe', types: ['alerts'] });
      await client.waitFor('subscription_confirmed');
    }
    await sql`select tocsin.raise_alert('not.yours', 'of the tenant default')`;
    await sql`select tocsin.raise_alert('yours', 'of acme', p_tenant_id => t.tenant_id) from tocsin_data.tenants t where t.name = 'acme'`;
    await byHeader.waitFor('alert_new', ({ alert_type }) => alert_type === 'yours');
    await byQuery.waitFor('alert_new', ({ alert_type }) => alert_type === 'yours');
    expect(byHeader.messages.some(({ alert_type }) => alert_type === 'not.yours')).toBe(false);
    byHeader.close();
    byQuery.close();
    byProtocol.close();
  });

  test('answers 401 to a bad token and 403 to a page of another origin, before the upgrade', async () => {
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGVzdA==',
    };
    const bad = await fetch(`${path}?token=nonsense`, { headers: upgrade });
    expect(bad.status).toBe(401);
    expect(await bad.json()).toMatchObject({ error_code: 'UNAUTHENTICATED' });
    const foreign = await fetch(path, { headers: { ...upgrade, origin: 'https://evil.example' } });
    expect(foreign.status).toBe(403);
  });

  test('closes with 1008 when the token expires, and when too much is sent', async () => {
    const { authorization = '' } = await http.bearer({ expiresAtMs: Date.now() + 3_500 });
    const expiring = await openLive(path, { authorization });
    const flooding = await openLive(path);
    for (let i = 0; i < 80; i++) flooding.send({ action: 'ping' });
    await until(() => flooding.closed !== undefined, { what: 'the end of the one that floods' });
    expect(flooding.closed?.code).toBe(1008);
    await until(() => expiring.closed !== undefined, { what: 'the end of the token' });
    expect(expiring.closed?.code).toBe(1008);
  });

  test('tells nonsense what to send, and goes on', async () => {
    const client = await openLive(path);
    client.send('{"action": "subscribe", "types": ["everything"]}');
    client.send('not json');
    await until(() => client.messages.filter(({ type }) => type === 'error').length === 2);
    client.send({ action: 'ping' });
    await client.waitFor('pong');
    client.close();
  });
});

test('a server that stops closes every socket with 1001 and is gone in time', async () => {
  const other = await testHttp({ isLive: true });
  const client = await openLive(`${other.url}/api/v1/ws/dashboard`);
  await other.stop(2_000);
  await until(() => client.closed !== undefined);
  expect(client.closed?.code).toBe(1001);
});
