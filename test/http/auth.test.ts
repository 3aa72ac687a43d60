// Who is let in: in development whoever is on this machine, but no web page; in production nobody without credentials.
import { describe, expect, test } from 'bun:test';
import { networkInterfaces } from 'node:os';
import { testHttp } from '../support/http.ts';

const development = await testHttp();
const { sql } = development;
const production = await testHttp({ sql, config: { environment: 'production', secretKey: 's'.repeat(32) } });
const outside = Object.values(networkInterfaces())
  .flat()
  .find((found) => found && !found.internal && found.family === 'IPv4')?.address;
const open = await testHttp({ sql, config: { apiHost: '0.0.0.0' } });

describe('in development', () => {
  test('whoever is on this machine is let in', async () => {
    expect((await development.get('/api/v1/webhooks')).status).toBe(200);
  });

  test.each(['localhost', 'localhost:8000', '127.0.0.1:8000', '127.1.2.3', '[::1]:8000', 'app.localhost', 'LOCALHOST'])(
    'the host name %s is answered',
    async (host) => {
      expect((await development.get('/api/v1/webhooks', { host })).status).toBe(200);
    },
  );

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1:8000', 'evil.example:127'])(
    'the host name %s is refused, for every path',
    async (host) => {
      for (const path of ['/api/v1/webhooks', '/health', '/docs/json', '/nope']) {
        const { status, json } = await development.get(path, { host });
        expect({ status, code: json.error_code }).toEqual({ status: 403, code: 'PERMISSION_DENIED' });
      }
    },
  );

  test.each(['https://evil.example', 'http://localhost:4000', 'null', 'http://127.0.0.1'])(
    'a write from a page of %s is refused',
    async (origin) => {
      const { status } = await development.post('/api/v1/alerts', { message: 'x' }, { origin });
      expect(status).toBe(403);
      expect((await development.get('/api/v1/webhooks', { origin })).status).toBe(200);
    },
  );

  test('a write from a page of its own, or of a configured origin, is let in', async () => {
    for (const origin of [development.url, 'http://localhost:3000']) {
      expect((await development.post('/api/v1/alerts', { message: 'x' }, { origin })).status).toBe(201);
    }
  });

  test('a request that came through a proxy is a stranger', async () => {
    const forwarded: Record<string, string>[] = [
      { 'x-forwarded-for': '203.0.113.9' },
      { forwarded: 'for=203.0.113.9' },
    ];
    for (const headers of forwarded) {
      expect((await development.get('/api/v1/webhooks', headers)).status).toBe(401);
    }
  });

  test.skipIf(outside === undefined)('a request from another address is a stranger', async () => {
    const { port } = new URL(open.url);
    const response = await fetch(`http://${outside}:${port}/api/v1/webhooks`, { headers: { host: 'localhost' } });
    expect(response.status).toBe(401);
  });
});

describe('in production', () => {
  test('a stranger gets 401 from every route but health, before anything else is looked at', async () => {
    const attempts: [string, string, string?][] = [
      ['GET', '/api/v1/webhooks'],
      ['GET', '/api/v1/webhooks/abc'],
      ['POST', '/api/v1/webhooks', '{}'],
      ['POST', '/api/v1/alerts', '{not json'],
      ['POST', '/api/v1/alerts', 'x'.repeat(2 * 1024 * 1024)],
      ['POST', '/api/v1/alerts/acknowledge', '{}'],
      ['GET', '/api/v1/alerts?page=0'],
      ['POST', '/api/v1/deliveries/1/retry'],
      ['DELETE', '/api/v1/webhooks/1'],
    ];
    for (const [method, path, body] of attempts) {
      const { status, headers, json } = await production.send(method, path, body);
      expect({ path, status, code: json.error_code }).toEqual({ path, status: 401, code: 'UNAUTHENTICATED' });
      expect(headers.get('www-authenticate')).toStartWith('Bearer');
    }
    for (const path of ['/health', '/health/live', '/health/ready'])
      expect((await production.get(path)).status).toBe(200);
  });

  test('any host name is answered', async () => {
    expect((await production.get('/health', { host: 'api.example.com' })).status).toBe(200);
  });
});
