// What answers tell browsers: which pages may read them, and that they are neither pages nor scripts.
import { describe, expect, test } from 'bun:test';
import { testHttp } from '../support/http.ts';

const http = await testHttp({ config: { corsOrigins: ['http://localhost:3000', 'https://app.example'] } });
const open = await testHttp({
  sql: http.sql,
  config: { environment: 'production', corsOrigins: ['*'], secretKey: 's'.repeat(32) },
});
const path = '/api/v1/webhooks';
const corsOf = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith('access-control'));

describe('an answer', () => {
  test.each([path, '/health', '/nope', '/api/v1/webhooks/abc', '/docs/json', '/docs/start.js'])(
    'of %s is no page, no script of another type, and in nobody’s frame',
    async (each) => {
      const { headers } = await http.get(each);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    },
  );

  test('does not say what serves it', async () => {
    for (const each of [path, '/health', '/nope', '/docs']) {
      const { headers } = await http.get(each);
      expect(['server', 'x-powered-by', 'via'].filter((name) => headers.has(name))).toEqual([]);
    }
  });

  test('that is a page of ours runs only our own scripts', async () => {
    const { headers } = await http.get('/docs');
    expect(headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });
});

describe('a page of another origin', () => {
  test('that is configured reads answers and their headers, and never sends cookies along', async () => {
    for (const origin of ['http://localhost:3000', 'https://app.example']) {
      const { status, headers } = await http.get(path, { origin });
      expect(status).toBe(200);
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-expose-headers')).toContain('x-ratelimit-remaining');
      expect(headers.has('access-control-allow-credentials')).toBe(false);
      expect(headers.get('vary')).toBe('origin');
    }
  });

  test('reads what went wrong, too', async () => {
    const { status, headers } = await http.get('/nope', { origin: 'https://app.example' });
    expect(status).toBe(404);
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  test.each([
    'https://evil.example',
    'https://app.example.evil.example',
    'http://app.example',
    'null',
    'https://APP.example',
  ])('such as %s reads nothing', async (origin) => {
    const { headers } = await http.get(path, { origin });
    expect(corsOf(headers)).toEqual([]);
    expect(headers.get('vary')).toBe('origin');
  });

  test('may ask before it writes', async () => {
    const asked = { origin: 'https://app.example', 'access-control-request-method': 'PATCH' };
    const { status, headers, text } = await http.send('OPTIONS', `${path}/1`, undefined, asked);
    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(headers.get('access-control-allow-headers')).toContain('authorization');
    expect(headers.get('access-control-allow-headers')).toContain('x-tenant');
  });

  test('that is not configured is not told that it may write', async () => {
    const asked = { origin: 'https://evil.example', 'access-control-request-method': 'PATCH' };
    const { headers } = await http.send('OPTIONS', `${path}/1`, undefined, asked);
    expect(corsOf(headers)).toEqual([]);
  });

  test('reads everything it has credentials for where every origin is configured', async () => {
    const bearer = await open.bearer();
    const { status, headers } = await open.get(path, { ...bearer, origin: 'https://any.example' });
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.has('vary')).toBe(false);
  });
});

describe('a caller that is no browser', () => {
  test('is told nothing about other origins', async () => {
    expect(corsOf((await http.get(path)).headers)).toEqual([]);
  });

  test('learns by OPTIONS that there is no such method', async () => {
    const { status, headers } = await http.send('OPTIONS', path);
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('GET, HEAD, POST');
  });
});
