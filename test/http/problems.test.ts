// What goes wrong is told as a problem document with the right status, and never repeats what was submitted.
import { describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { Problem } from '../../src/http/problem.ts';
import { problemOf, sqlStates } from '../../src/http/problems.ts';
import { testHttp } from '../support/http.ts';

const http = await testHttp();
const json = { 'content-type': 'application/json' };

describe('a path', () => {
  test('that is not there is 404', async () => {
    for (const path of ['/nope', '/api/v1', '/api/v1/webhooks/1/nope', '/api/v2/webhooks']) {
      expect((await http.get(path)).json.error_code).toBe('RESOURCE_NOT_FOUND');
    }
  });

  test.each([
    ['PUT', '/api/v1/alerts', 'GET, HEAD, POST'],
    ['DELETE', '/api/v1/webhooks', 'GET, HEAD, POST'],
    ['POST', '/api/v1/webhooks/5', 'DELETE, GET, HEAD, PATCH, PUT'],
    ['GET', '/api/v1/webhooks/5/test', 'POST'],
    ['OPTIONS', '/api/v1/alerts/5/why', 'GET, HEAD'],
    ['POST', '/health', 'GET, HEAD'],
  ])('asked by the wrong method, %s %s, is 405 and allows %s', async (method, path, allow) => {
    const { status, headers } = await http.send(method, path);
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow });
  });

  test('with an id that is none is 422, with the broken encoding of one too', async () => {
    for (const id of ['abc', '0', '-1', '1.5', '1e3', '99999999999999999999', '%E0%A4%A', '%00']) {
      const { status, json } = await http.get(`/api/v1/alerts/${id}`);
      expect({ id, status, pointer: json.errors[0].pointer }).toEqual({ id, status: 422, pointer: '/id' });
    }
  });
});

describe('a body', () => {
  test.each(['', '{', '{"message":}', 'null,', '{"a":1}}', '\u0000', `${'['.repeat(5000)}${']'.repeat(5000)}`])(
    'that is no readable JSON is 400: %p',
    async (body) => {
      const { status, json: document } = await http.send('POST', '/api/v1/alerts', body, json);
      expect({ status, code: document.error_code }).toEqual({ status: 400, code: 'BODY_UNREADABLE' });
    },
  );

  test('that is not UTF-8 is 400', async () => {
    const body = new Uint8Array([...Buffer.from('{"message":"'), 0xff, 0xfe, ...Buffer.from('"}')]);
    const response = await fetch(`${http.url}/api/v1/alerts`, { method: 'POST', headers: json, body });
    expect(response.status).toBe(400);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'text/json',
  ])('of type %s is 415', async (type) => {
    const { status } = await http.send('POST', '/api/v1/alerts', '{"message":"x"}', { 'content-type': type });
    expect(status).toBe(415);
  });

  test('without a type, or compressed, is 415', async () => {
    const untyped = new Blob(['{"message":"x"}']);
    const response = await fetch(`${http.url}/api/v1/alerts`, { method: 'POST', body: untyped });
    expect(response.status).toBe(415);
    const { status } = await http.send('POST', '/api/v1/alerts', 'x', { ...json, 'content-encoding': 'gzip' });
    expect(status).toBe(415);
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/cloudevents+json'])(
    'of type %s is read',
    async (type) => {
      const { status } = await http.send('POST', '/api/v1/alerts', '{"message":"x"}', { 'content-type': type });
      expect(status).toBe(201);
    },
  );

  test('above its limit is 413, whether it says its length or not', async () => {
    const large = JSON.stringify({ message: 'x', context: { a: 'x'.repeat(1024 * 1024) } });
    expect((await http.send('POST', '/api/v1/alerts', large, json)).status).toBe(413);
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 16; i++) controller.enqueue(Buffer.from(large.slice(i * 70_000, (i + 1) * 70_000)));
        controller.close();
      },
    });
    const response = await fetch(`${http.url}/api/v1/alerts`, { method: 'POST', headers: json, body });
    expect(response.status).toBe(413);
  });

  test('with a whole number that would be rounded is refused; as text, or as a fraction, it is not', async () => {
    const send = (context: string) => http.send('POST', '/api/v1/alerts', `{"message":"x","context":${context}}`, json);
    for (const number of ['9007199254740993', '-12345678901234567890']) {
      expect(await send(`{"a":[{"id":${number}}]}`)).toMatchObject({ status: 422 });
    }
    const exact = '{"a":[{"id":"12345678901234567890","n":9007199254740991,"f":0.12345678901234568,"e":1e300}]}';
    const { status, json: alert } = await send(exact);
    expect({ status, context: alert.context }).toEqual({ status: 201, context: JSON.parse(exact) });
  });

  test('of a batch has a limit of its own', async () => {
    const batch = Array.from({ length: 20 }, () => ({ message: 'x', context: { a: 'x'.repeat(100_000) } }));
    expect((await http.post('/api/v1/alerts/batch', batch)).status).toBe(201);
  });

  test('that is said to be huge is refused before it is sent', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { hostname, port } = new URL(http.url);
    const socket = connect(Number(port), hostname, () => {
      socket.write('POST /api/v1/alerts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n');
      socket.write('content-length: 50000000\r\n\r\n{');
    });
    socket.once('data', (data) => resolve(data.toString()));
    expect(await promise).toStartWith('HTTP/1.1 413');
    socket.destroy();
  });
});

describe('no problem document', () => {
  test('repeats a submitted value, or shows a stack or SQL', async () => {
    const mark = 'zqxmarkzqx';
    const answers = await Promise.all([
      http.get(`/${mark}`),
      http.get(`/api/v1/webhooks/${mark}`),
      http.get(`/api/v1/alerts?severity=${mark}&since=${mark}&cursor=${mark}&page=${mark}`),
      http.get(`/api/v1/alerts?${mark}${'x'.repeat(80)}=1`),
      http.post('/api/v1/alerts', { message: mark, severity: mark, alert_type: `${mark} ${mark}` }),
      http.post('/api/v1/alerts', { message: mark, context: { [mark]: `\u0000${mark}` } }),
      http.post('/api/v1/alerts', `{"message": ${mark}}`),
      http.post('/api/v1/webhooks', { name: mark, url: `ftp://${mark}`, secret: `whsec_${mark}${'='.repeat(30)}` }),
      http.post('/api/v1/webhooks', { name: mark, url: `http://10.0.0.1/${mark}` }),
      http.post('/api/v1/webhooks', { name: mark, url: 'https://a.b', filter: { [`${mark} <`]: { [mark]: mark } } }),
      http.post('/api/v1/webhooks', { name: mark, url: 'https://a.b', headers: { [`${mark} ${mark}`]: mark } }),
      http.post('/api/v1/webhooks', { name: mark, url: 'https://a.b', events: [`${mark}*`] }),
      http.send('PATCH', '/api/v1/webhooks/1', { retry_policy: { schedule: [mark] } }),
      http.post('/api/v1/alerts/acknowledge', { alert_ids: [mark] }),
    ]);
    for (const { status, text } of answers) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(text).not.toContain(mark);
      expect(text).not.toMatch(/select |tocsin_|node_modules|\.ts:\d+|at \w+ \(/);
    }
    expect(http.logged.join('')).not.toContain(mark);
  });
});

describe('problemOf', () => {
  const sqlError = (code: string, more: object = {}) =>
    Object.assign(new Error('words of the server'), { code, ...more });

  test('gives our own states their status, and their words', () => {
    const statuses = { NTFND: 404, NPERM: 403, STALE: 409, EXIST: 409, LIMIT: 429, INVLD: 422 };
    for (const [state, status] of Object.entries(statuses)) {
      const problem = problemOf(sqlError(state, { hint: 'Do this.', column_name: '/a' }));
      expect(problem).toMatchObject({ status, detail: 'words of the server Do this.' });
    }
    expect(problemOf(sqlError('INVLD', { column_name: '/a/0' })).errors[0]?.pointer).toBe('/a/0');
    expect(problemOf(sqlError('LIMIT')).headers).toHaveProperty('retry-after');
  });

  test('passes none of the words of other states on', () => {
    const statuses = {
      '22P02': 422,
      '22021': 422,
      '23505': 409,
      '23514': 422,
      '40001': 503,
      '40P01': 503,
      '42P01': 500,
    };
    const more = { '42501': 500, '53300': 503, '54001': 422, '55P03': 503, '57014': 504, '57P01': 503, XX000: 500 };
    for (const [state, status] of Object.entries({ ...statuses, ...more })) {
      const problem = problemOf(sqlError(state, { hint: 'secret', column_name: 'secret' }));
      expect({ state, status: problem.status }).toEqual({ state, status });
      expect(JSON.stringify([problem.detail, problem.errors])).not.toMatch(/words of the server|secret/);
    }
  });

  test('takes a lost connection for a database that is away, with the time to come back', () => {
    for (const code of ['CONNECTION_CLOSED', 'ECONNREFUSED', 'CONNECT_TIMEOUT', 'CALL_TIMEOUT', '08006', '57P03']) {
      expect(problemOf(sqlError(code))).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    }
  });

  test('takes everything else for a bug, and says nothing of it', () => {
    for (const error of [new Error('password=x'), new TypeError('x'), sqlError('ABC'), 'text', {}]) {
      expect(problemOf(error)).toMatchObject({ status: 500, detail: expect.not.stringContaining('password') });
    }
  });

  test('finds a problem that was wrapped on its way', () => {
    const problem = new Problem('PERMISSION_DENIED', 'No.');
    expect(problemOf(new Error('wrapped', { cause: problem }))).toBe(problem);
  });

  test('knows a status for each state that it lists', () => {
    for (const state of Object.keys(sqlStates)) expect(problemOf(sqlError(state.padEnd(5, '0'))).status).not.toBe(500);
  });
});
