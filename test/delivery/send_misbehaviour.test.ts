// What a POST comes to when the receiver does its worst, on real sockets.
import { afterAll, describe, expect, test } from 'bun:test';
import { EXCERPT_BYTES_MAX } from '../../src/delivery/answer_body.ts';
import { send } from '../../src/delivery/send.ts';
import { startReceiver } from '../support/receiver.ts';
import { makeRequest, SECRET, sendTo, wordOf } from '../support/send_request.ts';
import { until } from '../support/wait.ts';

const receiver = await startReceiver({ secrets: [SECRET] });
afterAll(() => receiver.stop());

describe('a receiver that misbehaves', () => {
  const LATE_MS = 150;

  test.each([
    ['hang', 'timeout timeout'],
    ['hang_mid_body', 'timeout timeout'],
    ['close_before_headers', 'connection connection_closed'],
    ['reset', 'connection connection_closed'],
    ['close_mid_headers', 'connection connection_closed'],
    ['close_mid_body', 'connection connection_closed'],
    ['close_mid_chunk', 'connection connection_closed'],
    ['huge_headers', 'connection malformed_answer'],
  ] as const)('by %s comes to %s', async (does, error) => {
    const { result, seen } = await sendTo(receiver, { does }, { timeoutMs: LATE_MS });
    expect(wordOf(result)).toBe(error);
    expect(seen).toHaveLength(1);
  });

  test('says how far it got before the deadline', async () => {
    const [never, partly] = await Promise.all([
      sendTo(receiver, { does: 'hang' }, { timeoutMs: LATE_MS }),
      sendTo(receiver, { does: 'hang_mid_body' }, { timeoutMs: LATE_MS }),
    ]);
    expect(never.result).toMatchObject({ error: `timeout: there was no answer within ${LATE_MS} ms` });
    expect(partly.result).toMatchObject({
      error: `timeout: the answer had begun but was not complete within ${LATE_MS} ms`,
    });
    expect(never.result.ms).toBeGreaterThanOrEqual(LATE_MS - 2);
    expect(never.result.ms).toBeLessThan(LATE_MS + 1000);
  });

  test('by dripping a byte at a time is held to the total deadline', async () => {
    const { result } = await sendTo(receiver, { does: 'drip', everyMs: 20 }, { timeoutMs: LATE_MS });
    expect(wordOf(result)).toBe('timeout timeout');
    expect(result.ms).toBeLessThan(LATE_MS + 1000);
  });

  test('by answering just in time has answered', async () => {
    const gate = Promise.withResolvers<void>();
    const sending = sendTo(receiver, { does: 'answer_late', after: gate.promise });
    await receiver.waitFor(receiver.requests.length + 1);
    gate.resolve();
    expect(wordOf((await sending).result)).toBe('status 204');
  });

  test.each(['huge_body', 'huge_chunks'] as const)('by %s is hung up on, and its status counts', async (does) => {
    const before = process.memoryUsage.rss();
    const { result } = await sendTo(receiver, { does });
    expect(result).toMatchObject({ statusCode: 200, bodyText: 'a'.repeat(EXCERPT_BYTES_MAX) });
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
    await until(() => receiver.connections().open <= 1, { what: 'the connection is closed' });
  });

  test('by a gzip bomb costs next to nothing, and its status counts', async () => {
    await sendTo(receiver, { does: 'gzip_bomb' });
    const before = process.memoryUsage.rss();
    const results = await Promise.all(Array.from({ length: 50 }, () => sendTo(receiver, { does: 'gzip_bomb' })));
    for (const { result } of results)
      expect(result).toMatchObject({ statusCode: 200, bodyText: '\uFFFD'.repeat(EXCERPT_BYTES_MAX) });
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
  });

  test.each([
    'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 7\r\n\r\nhello!!',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    'HTTP/1.1 000 Nothing\r\ncontent-length: 0\r\n\r\n',
    'HTTP/1.1 999 Much\r\ncontent-length: 0\r\n\r\n',
  ])('by the answer %j has not answered in HTTP', async (bytes) => {
    const { result } = await sendTo(receiver, { does: 'raw', bytes });
    expect(wordOf(result)).toBe('connection malformed_answer');
  });

  test('by speaking another protocol is given up on at the deadline', async () => {
    const { result } = await sendTo(
      receiver,
      { does: 'raw', bytes: '220 mail.example.test ESMTP\r\n' },
      { timeoutMs: LATE_MS },
    );
    expect(['timeout timeout', 'connection malformed_answer']).toContain(wordOf(result));
  });

  test('by flapping is taken as it comes', async () => {
    const path = '/flapping';
    receiver.on(path, [
      { does: 'answer', status: 500 },
      { does: 'close_mid_headers' },
      { does: 'answer', status: 204 },
    ]);
    const results = [];
    for (let i = 0; i < 4; i++) results.push(wordOf(await send(makeRequest(receiver.url + path))));
    expect(results).toEqual(['status 500', 'connection connection_closed', 'status 204', 'status 204']);
  });

  test('by smuggling a second answer into the first gets none of it into the next', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 500 Injected\r\ncontent-length: 3\r\n\r\nbad';
    for (let i = 0; i < 5; i++) {
      expect((await sendTo(receiver, { does: 'raw', bytes })).result).toMatchObject({
        statusCode: 200,
        bodyText: 'ok',
      });
      expect((await sendTo(receiver, { does: 'answer' })).result).toMatchObject({ statusCode: 204 });
    }
  });

  test('never shows its sender more than a code and plain words', async () => {
    const all = ['reset', 'close_mid_body', 'huge_headers', 'hang'] as const;
    const results = await Promise.all(all.map((does) => sendTo(receiver, { does }, { timeoutMs: LATE_MS })));
    for (const { result } of results) {
      expect(result).toHaveProperty('error', expect.stringMatching(/^[a-z_]+: [a-zA-Z0-9 ]+$/));
      expect(JSON.stringify(result)).not.toMatch(/fetch|verbose|127\.0\.0\.1|Error/);
    }
  });
});
