// What a POST comes to, whatever the receiver does.
import { afterAll, describe, expect, test } from 'bun:test';
import zlib from 'node:zlib';
import { EXCERPT_BYTES_MAX } from '../../src/delivery/answer_body.ts';
import { send } from '../../src/delivery/send.ts';
import { startReceiver } from '../support/receiver.ts';
import { makeRequest, makeTarget, SECRET, sendTo, wordOf } from '../support/send_request.ts';

const receiver = await startReceiver({ secrets: [SECRET] });
afterAll(() => receiver.stop());

describe('the request', () => {
  test('carries the body byte for byte, the headers of the contract and a signature that the package verifies', async () => {
    const body = '{"type":"order.created","data":{"message":"ü 漢 🚨"}}';
    const { result, seen } = await sendTo(receiver, { does: 'answer' }, { body });
    expect(result).toMatchObject({ kind: 'response', statusCode: 204, bodyText: null, retryAfterSeconds: null });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: 'POST', isVerified: true });
    expect(seen[0]?.body.equals(Buffer.from(body))).toBe(true);
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': expect.stringMatching(/^Tocsin\/\d+\.\d+\.\d+$/),
      'webhook-id': 'msg_1',
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
      'accept-encoding': 'identity',
      host: `127.0.0.1:${receiver.port}`,
    });
  });

  test('goes to the pinned address under the name of the URL, with its path and query', async () => {
    const target = makeTarget(`http://hooks.example.test:${receiver.port}/in%20box?a=b&c=%2F`);
    const before = receiver.requests.length;
    expect(wordOf(await send(makeRequest('http://unused.test', { target })))).toBe('status 204');
    expect(receiver.requests[before]).toMatchObject({
      path: '/in%20box?a=b&c=%2F',
      headers: { host: `hooks.example.test:${receiver.port}` },
    });
  });

  test('carries custom headers, except those that the message or the connection depends on', async () => {
    const customHeaders = {
      authorization: 'Bearer abc',
      'X-Team': 'ops',
      Host: 'evil.test',
      'Webhook-Id': 'forged',
      'webhook-signature': 'forged',
      'WEBHOOK-EXTRA': 'forged',
      'Content-Length': '1',
      'content-type': 'text/plain',
      'User-Agent': 'forged',
      'transfer-encoding': 'chunked',
      connection: 'close',
      expect: '100-continue',
    };
    const { result, seen } = await sendTo(receiver, { does: 'answer' }, { customHeaders });
    expect(wordOf(result)).toBe('status 204');
    expect(seen[0]).toMatchObject({ isVerified: true, headers: { authorization: 'Bearer abc', 'x-team': 'ops' } });
    expect(JSON.stringify(seen[0]?.headers)).not.toMatch(/forged|evil|text\/plain|chunked|100-continue|close/);
  });

  test('accepts any kind of answer, unless the webhook has a word of its own about that', async () => {
    const accepts = async (customHeaders: Record<string, string>) =>
      (await sendTo(receiver, { does: 'answer' }, { customHeaders })).seen[0]?.headers.accept;
    expect(await accepts({})).toBe('*/*');
    expect(await accepts({ Accept: 'text/plain' })).toBe('text/plain');
  });

  test('with a header that HTTP cannot carry is not sent', async () => {
    for (const value of ['a\r\nwebhook-id: forged', 'snow \u2603', '\0']) {
      const { result, seen } = await sendTo(receiver, { does: 'answer' }, { customHeaders: { 'x-bad': value } });
      expect(wordOf(result)).toBe('connection request_invalid');
      expect(seen).toHaveLength(0);
    }
    const { result } = await sendTo(receiver, { does: 'answer' }, { customHeaders: { 'bad name': 'x' } });
    expect(wordOf(result)).toBe('connection request_invalid');
  });

  test('to a refused target is not sent', async () => {
    const target = { ok: false, reason: 'address_forbidden: a loopback address' } as const;
    expect(await send(makeRequest(receiver.url, { target }))).toEqual({
      kind: 'address',
      ms: 0,
      error: 'address_forbidden: a loopback address',
    });
  });

  test('ignores a proxy of the environment', async () => {
    const script = `
      import { send } from '${import.meta.dir}/../../src/delivery/send.ts';
      import { makeRequest } from '${import.meta.dir}/../support/send_request.ts';
      console.log(JSON.stringify(await send(makeRequest('${receiver.url}/proxied'))));`;
    const env = { ...process.env, HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' };
    const child = Bun.spawn([process.execPath, '-e', script], { env, stdout: 'pipe' });
    expect(JSON.parse(await new Response(child.stdout).text())).toMatchObject({ kind: 'response', statusCode: 204 });
  });
});

describe('the answer', () => {
  test.each([200, 201, 400, 404, 410, 429, 500, 503])('of %d comes back with its text', async (status) => {
    const { result } = await sendTo(receiver, { does: 'answer', status, body: 'words' });
    expect(result).toMatchObject({ kind: 'response', statusCode: status, bodyText: 'words' });
    expect(Number.isInteger(result.ms)).toBe(true);
  });

  test.each([301, 302, 303, 307, 308])('of %d is not followed', async (status) => {
    const { result, seen } = await sendTo(receiver, {
      does: 'answer',
      status,
      headers: { location: `${receiver.url}/followed` },
    });
    expect(wordOf(result)).toBe(`status ${status}`);
    expect(seen).toHaveLength(1);
    expect(receiver.requests.some((each) => each.path === '/followed')).toBe(false);
  });

  test('that says retry-after gives it in seconds', async () => {
    const { result } = await sendTo(receiver, { does: 'answer', status: 429, headers: { 'retry-after': '17' } });
    expect(result).toMatchObject({ statusCode: 429, retryAfterSeconds: 17 });
  });

  test('is cut to its first kilobyte, at a whole character', async () => {
    const { result } = await sendTo(receiver, { does: 'answer', status: 200, body: `a${'ü'.repeat(5000)}` });
    expect(result).toMatchObject({ bodyText: `a${'ü'.repeat((EXCERPT_BYTES_MAX - 2) / 2)}` });
  });

  test('that is not text, or holds NUL, becomes text that a database can hold', async () => {
    const { result } = await sendTo(receiver, {
      does: 'answer',
      status: 200,
      body: Buffer.from([0x61, 0x00, 0xff, 0x62]),
    });
    expect(result).toMatchObject({ bodyText: 'a\uFFFD\uFFFDb' });
  });

  test('after 100 Continue and 103 Early Hints is the one that counts', async () => {
    const bytes =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 202 A\r\ncontent-length: 2\r\n\r\nok';
    const { result } = await sendTo(receiver, { does: 'raw', bytes });
    expect(result).toMatchObject({ statusCode: 202, bodyText: 'ok' });
  });

  test('without a length ends with the connection', async () => {
    const { result } = await sendTo(receiver, {
      does: 'raw',
      bytes: 'HTTP/1.0 200 OK\r\nconnection: close\r\n\r\nall of it',
      closes: true,
    });
    expect(result).toMatchObject({ statusCode: 200, bodyText: 'all of it' });
  });

  test.each(['gzip', 'deflate', 'br'])(
    'that is packed as %s although it was not asked for is unpacked',
    async (encoding) => {
      const pack = { gzip: Bun.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync }[encoding];
      const body = Buffer.from(pack?.(Buffer.from('packed words')) ?? []);
      const { result } = await sendTo(receiver, {
        does: 'answer',
        status: 200,
        headers: { 'content-encoding': encoding },
        body,
      });
      expect(result).toMatchObject({ statusCode: 200, bodyText: 'packed words' });
    },
  );

  test.each(['gzip', 'zstd', 'nonsense'])(
    'that claims %s and is not keeps its status, without a text',
    async (encoding) => {
      const { result } = await sendTo(receiver, {
        does: 'answer',
        status: 200,
        headers: { 'content-encoding': encoding },
        body: 'plain',
      });
      expect(result).toMatchObject({ statusCode: 200, bodyText: null });
    },
  );
});

describe('connections', () => {
  test('are kept for the next request', async () => {
    const own = await startReceiver();
    for (let i = 0; i < 20; i++) await send(makeRequest(`${own.url}/${i}`));
    expect(own.requests.map((each) => each.connection)).toEqual(Array(20).fill(1));
    await own.stop();
  });

  test('are kept after an error status with a text, too', async () => {
    const own = await startReceiver();
    own.on('/', { does: 'answer', status: 500, body: 'x'.repeat(20_000) });
    for (let i = 0; i < 5; i++) await send(makeRequest(`${own.url}/`));
    expect(own.connections().total).toBe(1);
    await own.stop();
  });

  test('that nobody listens for are refused, and the next address of the name is tried', async () => {
    const refused = await send(makeRequest('http://127.0.0.1:1/'));
    expect(wordOf(refused)).toBe('connection connection_refused');
    const target = makeTarget(`${receiver.url}/failover`, ['127.0.0.9', '127.0.0.1']);
    expect(wordOf(await send(makeRequest(receiver.url, { target })))).toBe('status 204');
  });

  test('that this process has no file left for fail by its own limit and not by the receiver, until it has one again', async () => {
    const script = `
      import { closeSync, openSync } from 'node:fs';
      import { send } from '${import.meta.dir}/../../src/delivery/send.ts';
      import { makeRequest, wordOf } from '${import.meta.dir}/../support/send_request.ts';
      const files = [];
      try { for (;;) files.push(openSync('/dev/null', 'r')); } catch {}
      const full = wordOf(await send(makeRequest('${receiver.url}/')));
      for (const file of files.splice(0, 8)) closeSync(file);
      console.log([full, wordOf(await send(makeRequest('${receiver.url}/')))].join());`;
    const command = ['sh', '-c', 'ulimit -n 128 && exec "$0" -e "$1"', process.execPath, script];
    const child = Bun.spawn(command, { stdout: 'pipe' });
    expect(await new Response(child.stdout).text()).toBe('connection local_limit,status 204\n');
  });

  test('that were closed in their first use are not tried again: the receiver may have acted on the message', async () => {
    const own = await startReceiver();
    const target = makeTarget(`${own.url}/once`, ['127.0.0.1', '127.0.0.1']);
    own.on('/once', { does: 'reset' });
    expect(wordOf(await send(makeRequest(own.url, { target })))).toBe('connection connection_closed');
    expect(own.requests).toHaveLength(1);
    await own.stop();
  });

  test('of 400 requests that hang hold up no other', async () => {
    let over = 0;
    const own = await startReceiver();
    own.on('/hang', { does: 'hang' });
    const hanging = Array.from({ length: 400 }, async () => {
      const result = await send(makeRequest(`${own.url}/hang`, { timeoutMs: 20_000 }));
      over++;
      return result;
    });
    await own.waitFor(400);
    expect(wordOf((await sendTo(receiver, { does: 'answer' })).result)).toBe('status 204');
    expect(over).toBe(0);
    await own.stop();
    for (const result of await Promise.all(hanging)) expect(wordOf(result)).toBe('connection connection_closed');
  });

  test('of many requests that hang at once all end at their deadline', async () => {
    const hanging = Array.from({ length: 100 }, () => sendTo(receiver, { does: 'hang' }, { timeoutMs: 200 }));
    for (const { result } of await Promise.all(hanging)) expect(wordOf(result)).toBe('timeout timeout');
  });
});
