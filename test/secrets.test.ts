// A whole run with planted secrets: none of them is in any line, answer, error, list or live message, nor plain in the database.
import { expect, test } from 'bun:test';
import { createLog } from '../src/log.ts';
import { startFlow } from './support/flow.ts';
import { testHttp } from './support/http.ts';
import { claims, hmac, makeJwt } from './support/jwt.ts';
import { until } from './support/wait.ts';

const SECRET_KEY = 'planted-secret-key-of-the-server-0123456789';
const HEADER = 'planted-header-value-0123456789';
const OWN_SECRET = `whsec_${Buffer.from('planted signing secret 0123456789').toString('base64')}`;
const ROUTING_KEY = 'plantedroutingkey0123456789abcde';

const flow = await startFlow();
const lines: string[] = [];
const log = createLog({ level: 'debug', write: (line) => void lines.push(line) });
const http = await testHttp({ sql: flow.sql, isLive: true, config: { secretKey: SECRET_KEY, rateLimit: 1_000_000 } });
await flow.startWorker({ log, open: http.vault.open });

test('nothing that the server says holds a secret that it was given or made', async () => {
  const said: string[] = [];
  const bearer = await http.bearer();
  const token = bearer.authorization?.slice(7) ?? '';
  const socket = new WebSocket(`${http.url.replace('http', 'ws')}/api/v1/ws/dashboard`, { headers: bearer } as never);
  socket.onmessage = ({ data: text }) => void said.push(String(text));
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  socket.send(JSON.stringify({ action: 'subscribe', types: ['metrics', 'alerts', 'webhooks', 'deliveries'] }));
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await http.send(method, `/api/v1${path}`, body, bearer);
    said.push(JSON.stringify([...answer.headers]));
    return answer;
  };
  const keep = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, path, body);
    said.push(answer.text);
    return answer;
  };
  const url = (path: string) => `${flow.receiver.url}/${path}`;
  const headers = { authorization: `Bearer ${HEADER}`, 'x-routing-key': ROUTING_KEY };
  flow.receiver.on('/failing', { does: 'answer', status: 400 });

  // What answers once with a secret, as it must, is left out of what is looked through.
  const made = await call('POST', '/webhooks', { name: 'ok', url: url('ok'), secret: OWN_SECRET, headers });
  const failing = await call('POST', '/webhooks', {
    name: 'failing',
    url: url('failing'),
    headers,
    format: 'pagerduty',
  });
  const rotated = await call('POST', `/webhooks/${made.json.id}/rotate-secret`, {});
  const key = await call('POST', '/api-keys', { name: 'machine', role: 'operator' });
  const secrets = [
    OWN_SECRET,
    failing.json.secret,
    rotated.json.secret,
    key.json.key,
    HEADER,
    ROUTING_KEY,
    SECRET_KEY,
    token,
  ];
  for (const secret of secrets) expect(secret).toMatch(/^.{20,}$/);

  await keep('POST', '/alerts', { message: 'It happened.' });
  await until(async () => (await keep('GET', '/deliveries?status=delivered')).json.total > 0);
  await until(
    async () => (await flow.sql`select from tocsin_data.alert_delivery_log where status = 'retrying'`).length > 0,
  );
  for (const id of [made.json.id, failing.json.id]) {
    for (const path of ['', '/deliveries', '/replays']) await keep('GET', `/webhooks/${id}${path}`);
    await keep('PATCH', `/webhooks/${id}`, { headers: { ...headers, 'bad name': HEADER } });
    await keep('PATCH', `/webhooks/${id}`, { secret: `${OWN_SECRET}!`, timeout_seconds: HEADER });
    await keep('PUT', `/webhooks/${id}`, { headers });
    await keep('POST', `/webhooks/${id}/test`);
    await keep('POST', `/webhooks/${id}/enable`);
  }
  const deliveries = (await keep('GET', '/deliveries')).json.items as { id: number }[];
  for (const { id } of deliveries) await keep('GET', `/deliveries/${id}`);
  for (const path of ['/webhooks', '/alerts', '/alerts/1', '/api-keys', '/dashboard', '/cache/stats', '/health/deep'])
    await keep('GET', path);
  const forged = makeJwt({ alg: 'HS256' }, claims({ role: 'admin' }), hmac(SECRET_KEY.toUpperCase()));
  said.push((await http.get('/api/v1/webhooks', { authorization: `Bearer ${forged}` })).text);
  said.push((await http.send('POST', '/api/v1/webhooks', `{"secret": "${OWN_SECRET}"`, bearer)).text);
  await until(() => said.some((text) => text.includes('alert_new')) || undefined);
  socket.close();

  const whole = [...said, ...lines, ...http.logged].join('\n');
  expect(whole.length).toBeGreaterThan(10_000);
  expect(whole).toContain('alert_new');
  for (const secret of [...secrets, forged]) {
    for (const form of [secret, Buffer.from(secret).toString('base64').slice(0, -4), encodeURIComponent(secret)])
      expect(whole.indexOf(form)).toBe(-1);
  }
  const tables = await flow.sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c where c.relnamespace = 'tocsin_data'::regnamespace and c.relkind = 'r'`;
  const stored = await flow.sql.unsafe(
    tables.map(({ name }) => `select t::text as row from ${name} t`).join(' union all '),
  );
  const rows = stored.map(({ row }) => row).join('\n');
  expect(rows).toContain('It happened.');
  for (const secret of secrets) expect(rows.indexOf(secret)).toBe(-1);
});
