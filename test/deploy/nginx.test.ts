// The nginx configuration that we ship, by a real nginx in front of a real server.
import { describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { mintToken } from '../../src/http/token.ts';
import { startCli } from '../support/children.ts';
import { hasNginx, startNginx } from '../support/nginx.ts';
import { testDatabase } from '../support/postgres.ts';
import { freePort } from '../support/redis.ts';
import { until } from '../support/wait.ts';

const secretKey = 'the secret of this test, 32 bytes';

describe.skipIf(!hasNginx)('Tocsin behind nginx', async () => {
  if (!hasNginx) return;
  const { url } = await testDatabase();
  const [port, sparePort] = [await freePort(), await freePort()];
  const nginx = await startNginx(port, sparePort);
  const serve = (at: number) =>
    startCli(['serve'], {
      env: {
        DATABASE_URL: url,
        SECRET_KEY: secretKey,
        API_HOST: '127.0.0.1',
        API_PORT: String(at),
        API_WORKERS: '1',
        RATE_LIMIT: '3',
      },
      ready: /"message":"serving"/,
    });
  const [server, spare] = await Promise.all([serve(port), serve(sparePort)]);
  const get = (path: string, init: RequestInit = {}) =>
    fetch(nginx.url + path, { ...init, redirect: 'manual', tls: { rejectUnauthorized: false } } as RequestInit);
  const identity = { tenant: 'default', role: 'admin' as const, expiresAtMs: Date.now() + 3_600_000 };
  const bearer = async (subject: string) =>
    `Bearer ${await mintToken(secretKey, { subject, ...identity }, { jwtIssuer: undefined, jwtAudience: undefined })}`;

  test('has a configuration that nginx finds right', async () => {
    const { exitCode, stderr } = await nginx.check();
    expect({ exitCode, warnings: stderr.match(/\[(?:warn|emerg|alert)\].*/g) }).toEqual({
      exitCode: 0,
      warnings: null,
    });
  });

  test('answers over TLS only, and never in plain', async () => {
    const plain = await fetch(`${nginx.plainUrl}/docs?a=b`, {
      redirect: 'manual',
      headers: { host: 'tocsin.example.com' },
    });
    expect([plain.status, plain.headers.get('location')]).toEqual([301, 'https://tocsin.example.com/docs?a=b']);
    const page = await get('/dashboard');
    expect(page.status).toBe(200);
    expect(page.headers.get('strict-transport-security')).toContain('max-age=');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('takes no path with a backslash, which is a slash to Tocsin and so would lead around its locations', async () => {
    const ask = async (path: string) => {
      const socket = connect({ port: Number(new URL(nginx.url).port), host: '127.0.0.1', rejectUnauthorized: false });
      // As it is: fetch would write a slash.
      socket.write(`GET ${path} HTTP/1.1\r\nhost: tocsin.example.com\r\nconnection: close\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return Number(/^HTTP\/1.1 (\d+)/.exec(answer.toString('latin1'))?.[1]);
    };
    expect(await ask('/health/deep')).toBe(200);
    expect([await ask('/health\\deep'), await ask('/x\\..\\health/deep')]).toEqual([400, 400]);
    expect(await ask('/health/live?q=\\')).not.toBe(400);
  });

  test('passes requests and answers on unchanged', async () => {
    const headers = {
      authorization: await bearer('rest'),
      'x-request-id': 'mine-1',
      'content-type': 'application/json',
    };
    const made = await get('/api/v1/alerts', { method: 'POST', headers, body: '{"message": "Through a proxy"}' });
    expect(made.status).toBe(201);
    expect(made.headers.get('x-request-id')).toBe('mine-1');
    const list = await get('/api/v1/alerts', { headers });
    expect(await list.json()).toMatchObject({ total: 1 });
    const etag = list.headers.get('etag') ?? '';
    expect((await get('/api/v1/alerts', { headers: { ...headers, 'if-none-match': etag } })).status).toBe(304);
  });

  test('keeps live sockets open, and refuses them without a token', async () => {
    const connect = (headers: Record<string, string>) =>
      new WebSocket(`${nginx.url.replace('https', 'wss')}/api/v1/ws/dashboard`, {
        headers,
        tls: { rejectUnauthorized: false },
      } as never);
    const pong = Promise.withResolvers<string>();
    const live = connect({ authorization: await bearer('live') });
    live.onopen = () => live.send('{"action": "ping"}');
    live.onmessage = ({ data }) => /pong/.test(data) && pong.resolve(data);
    expect(JSON.parse(await pong.promise)).toMatchObject({ type: 'pong', total_connections: 1 });
    live.close();
    const refused = Promise.withResolvers<string>();
    const stranger = connect({});
    stranger.onopen = () => refused.resolve('open');
    stranger.onerror = () => refused.resolve('refused');
    expect(await refused.promise).toBe('refused');
  });

  test('answers for what never changes from its own cache, in the form that was asked for', async () => {
    const [asset = ''] = /\/dashboard\/assets\/[^"]+\.js/.exec(await (await get('/dashboard')).text()) ?? [];
    const ask = async (encoding: string) => {
      const { headers } = await get(asset, { headers: { 'accept-encoding': encoding } });
      return [headers.get('x-proxy-cache'), headers.get('content-encoding'), headers.get('cache-control')];
    };
    const forever = 'public, max-age=31536000, immutable';
    expect(await ask('br')).toEqual(['MISS', 'br', forever]);
    expect(await ask('br')).toEqual(['HIT', 'br', forever]);
    expect(await ask('identity')).toEqual(['MISS', null, forever]);
  });

  test('counts callers by their credentials and nobody by what a header claims', async () => {
    const ask = (authorization: string, from: string) =>
      get('/api/v1/webhooks', { headers: { authorization, 'x-forwarded-for': from } }).then(({ status }) => status);
    const [one, other] = [await bearer('one'), await bearer('other')];
    // RATE_LIMIT is 3: addresses of another's choice do not make one caller three.
    const asked = [await ask(one, '192.0.2.1'), await ask(one, '192.0.2.2'), await ask(one, '192.0.2.3')];
    expect([...asked, await ask(one, '192.0.2.4')]).toEqual([200, 200, 200, 429]);
    expect(await ask(other, '192.0.2.1')).toBe(200);
    // Strangers come from nginx's address, all of them: their limit is shared, and touches nobody who has credentials.
    const strangers = [];
    for (let i = 0; i < 4; i++) strangers.push((await get('/api/v1/webhooks')).status);
    expect(strangers.at(-1)).toBe(429);
    expect(await ask(other, '192.0.2.1')).toBe(200);
  });

  test('stops a flood from one address by 429, as a problem document', async () => {
    const answers = await Promise.all(Array.from({ length: 400 }, () => get('/health/live')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(50);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers.get('retry-after')).toBe('2');
    expect(await refused[0]?.json()).toMatchObject({ status: 429, error_code: 'RATE_LIMITED' });
  });

  test('goes on through the spare server while the first one is replaced', async () => {
    const statuses = new Set<number>();
    let isStopped = false;
    const stopping = server.stop().then(() => {
      isStopped = true;
    });
    while (!isStopped || statuses.size === 0) {
      const { status } = await get('/health/ready');
      // The flood of the test before may still be counted.
      if (status !== 429) statuses.add(status);
    }
    await stopping;
    expect([...statuses]).toEqual([200]);
  });

  test('says by a problem document that Tocsin is away', async () => {
    await spare.stop();
    const answer = await until(() => get('/api/v1/webhooks').then((one) => (one.status === 429 ? undefined : one)));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await answer.json()).toMatchObject({ status: 503, error_code: 'SERVICE_UNAVAILABLE' });
  });
});
