// How an answer is read from the bytes of a connection, wherever the network cuts them.
import { describe, expect, test } from 'bun:test';
import { AnswerReader, KEPT_BYTES_MAX } from '../../src/delivery/answer.ts';

type Read = { status: number; body: string; isReusable: boolean } | 'malformed' | 'unfinished';

/** What these pieces come to; `closes`: the connection ends behind them. */
function read(pieces: readonly string[], closes = false): Read {
  const reader = new AnswerReader();
  for (const piece of pieces) {
    const came = reader.push(Buffer.from(piece, 'latin1'));
    if (came !== undefined) return readOf(came);
  }
  const last = closes ? reader.close() : undefined;
  return last === undefined ? 'unfinished' : readOf(last);
}

function readOf(came: NonNullable<ReturnType<AnswerReader['push']>>): Read {
  if ('error' in came) return 'malformed';
  const { statusCode, body, isReusable } = came;
  return { status: statusCode, body: Buffer.from(body).toString('latin1'), isReusable };
}

const wholes: [string, Read][] = [
  ['HTTP/1.1 204 No Content\r\ndate: today\r\n\r\n', { status: 204, body: '', isReusable: true }],
  ['HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello', { status: 200, body: 'hello', isReusable: true }],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello', { status: 200, body: 'hello', isReusable: true }],
  ['HTTP/1.1 200 OK\ncontent-length: 2\n\nok', { status: 200, body: 'ok', isReusable: true }],
  [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n4;x="1"\r\nhell\r\n0a\r\no, you two\r\n0\r\nx-sum: 1\r\n\r\n',
    { status: 200, body: 'hello, you two', isReusable: true },
  ],
  [
    'HTTP/1.1 100 Go\n\nHTTP/1.1 200 OK\ncontent-length: 9\n\nyes\r\n\r\nno',
    { status: 200, body: 'yes\r\n\r\nno', isReusable: true },
  ],
  ['HTTP/1.1 100 Go\n\nHTTP/1.1 204 No\r\nserver: x\r\n\r\n', { status: 204, body: '', isReusable: true }],
  ['HTTP/1.1 304 Not\r\ncontent-length: 70\r\n\r\n', { status: 304, body: '', isReusable: true }],
  [
    'HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\nHTTP/1.1 201 A\r\ncontent-length: 1\r\n\r\nz',
    { status: 201, body: 'z', isReusable: true },
  ],
  ['HTTP/1.1 200 OK\r\nx-long: a\r\n b\r\ncontent-length: 0\r\n\r\n', { status: 200, body: '', isReusable: true }],
  ['HTTP/1.1 500 No\r\nconnection: Close\r\ncontent-length: 1\r\n\r\nz', { status: 500, body: 'z', isReusable: false }],
  ['HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nz', { status: 200, body: 'z', isReusable: false }],
  [
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    { status: 200, body: 'ok', isReusable: false },
  ],
];

describe('an answer', () => {
  test.each(wholes)('as in %j is the same in one piece, in two cut anywhere, and byte by byte', (text, expected) => {
    expect(read([text])).toEqual(expected);
    expect(read(text.split(''))).toEqual(expected);
    for (let at = 1; at < text.length; at++) expect(read([text.slice(0, at), text.slice(at)])).toEqual(expected);
    expect(read([text.slice(0, -1)], true)).toBe('unfinished');
  });

  test('without a length lasts until the connection ends', () => {
    const pieces = ['HTTP/1.1 200 OK\r\nserver: x\r\n\r\nall ', 'of it'];
    expect(read(pieces)).toBe('unfinished');
    expect(read(pieces, true)).toEqual({ status: 200, body: 'all of it', isReusable: false });
  });

  test('with more behind it than it announced leaves a connection that is not used again', () => {
    for (const text of [
      'HTTP/1.1 204 No\r\n\r\nx',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok+',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    ])
      expect(read([text])).toMatchObject({ isReusable: false, body: text.includes('ok') ? 'ok' : '' });
  });

  test('of any length is read up to the limit only, and its status counts', () => {
    const piece = 'a'.repeat(20_000);
    for (const [head, part] of [
      ['HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n', piece],
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', `4e20\r\n${piece}\r\n`],
      ['HTTP/1.1 200 OK\r\n\r\n', piece],
    ] as const) {
      const came = read([head, ...Array(50).fill(part)]);
      expect(came).toMatchObject({ status: 200, isReusable: false, body: 'a'.repeat(KEPT_BYTES_MAX) });
    }
  });

  test('that goes on announcing answers, or spends more on framing than on its body, is cut off', () => {
    expect(read(Array(65).fill('HTTP/1.1 102 Wait\r\n\r\n'))).toBe('malformed');
    expect(read(['HTTP/1.1 102 Wait\r\n\r\n'.repeat(65)])).toBe('malformed');
    const trailers = Array(60_000).fill('x-more: and more\r\n');
    expect(read(['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', ...trailers])).toMatchObject({
      status: 200,
      isReusable: false,
    });
  });
});

test('an answer in chunks of one byte is kept in little more memory than it took on the wire', () => {
  const body = 'abcdefgh'.repeat(5_000);
  const chunks = `${body.replaceAll(/./g, '1\r\n$&\r\n')}0\r\n\r\n`;
  const before = process.memoryUsage().heapUsed;
  const readers = Array.from({ length: 20 }, () => new AnswerReader());
  for (const reader of readers) reader.push(Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'));
  for (const reader of readers) reader.push(Buffer.from(chunks.slice(0, -2)));
  Bun.gc(true);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20 * 600_000);
  for (const reader of readers) {
    const came = reader.push(Buffer.from('\r\n'));
    expect(Buffer.from((came as { body: Uint8Array }).body).toString()).toBe(body.slice(0, KEPT_BYTES_MAX));
  }
});

describe('no answer in HTTP', () => {
  test.each([
    'SSH-2.0-OpenSSH_9.2\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1 101 Switch\r\nupgrade: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\nbad name : x\r\n\r\n',
    'HTTP/1.1 200 OK\r\n: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\n folded: first\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1e3\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: +3\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n123456789\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2 or so\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok, and more\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nokXX0\r\n\r\n',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(17_000)}`,
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'y'.repeat(2_000)}`,
  ])('is %j', (text) => {
    expect(read([text])).toBe('malformed');
    expect(read(text.split(''))).toBe('malformed');
  });
});
