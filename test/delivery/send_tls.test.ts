// TLS to a pinned address is with the host of the URL, or not at all.
import { afterAll, describe, expect, test } from 'bun:test';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { type SendRequest, send } from '../../src/delivery/send.ts';
import { makeAuthority, makeSelfSigned } from '../support/certificates.ts';
import { makeRequest, makeTarget, wordOf } from '../support/send_request.ts';

const authority = await makeAuthority();
const servers: Server[] = [];
afterAll(() => servers.map((server) => server.close()));

const NAME = 'hooks.example.test';

/** A server that answers 200 to whatever comes, and remembers the names that its connections asked for. */
async function serve(
  options: TlsOptions,
  at = { host: '127.0.0.1', port: 0 },
): Promise<{ port: number; names: string[] }> {
  const names: string[] = [];
  const server = createServer(options, (socket) => {
    names.push((socket as unknown as { servername: string }).servername);
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
  });
  server.on('tlsClientError', () => undefined);
  return { port: await listen(server, at), names };
}

async function listen(server: Server, { host, port } = { host: '127.0.0.1', port: 0 }): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** Sends to a name at a port of loopback, trusting the test's authority unless told otherwise. */
async function sendTo(name: string, port: number, changes: Partial<SendRequest> = {}): Promise<string> {
  const target = makeTarget(`https://${name}:${port}/in`);
  return wordOf(await send(makeRequest('https://unused.test', { target, ca: authority.cert, ...changes })));
}

describe('a certificate', () => {
  test('for the name of the URL is accepted, though the connection goes to an address', async () => {
    const { port, names } = await serve(await authority.issue([NAME]));
    expect(await sendTo(NAME, port)).toBe('status 200');
    expect(names).toEqual([NAME]);
  });

  test('for the name is accepted when the URL has a trailing dot', async () => {
    const { port } = await serve(await authority.issue([NAME]));
    expect(await sendTo(`${NAME}.`, port)).toBe('status 200');
  });

  test('for an IP address is accepted when the URL has that address', async () => {
    const { port } = await serve(await authority.issue(['127.0.0.1']));
    expect(await sendTo('127.0.0.1', port)).toBe('status 200');
  });

  test('for another name is refused, and for the address alone too', async () => {
    const other = await serve(await authority.issue(['other.example.test']));
    expect(await sendTo(NAME, other.port)).toBe('tls tls_name_mismatch');
    const address = await serve(await authority.issue(['127.0.0.1']));
    expect(await sendTo(NAME, address.port)).toBe('tls tls_name_mismatch');
  });

  test('that has expired, vouches for itself or is of an unknown authority is refused', async () => {
    const expired = await serve(await authority.issue([NAME], { isExpired: true }));
    expect(await sendTo(NAME, expired.port)).toBe('tls tls_certificate_expired');
    const selfSigned = await serve(await makeSelfSigned(NAME));
    expect(await sendTo(NAME, selfSigned.port)).toBe('tls tls_untrusted');
    const unknown = await serve(await (await makeAuthority()).issue([NAME]));
    expect(await sendTo(NAME, unknown.port)).toBe('tls tls_untrusted');
  });

  test('that is refused is accepted by a webhook that does not verify, and stays refused for one that does', async () => {
    const { port } = await serve(await makeSelfSigned(NAME));
    for (let round = 0; round < 3; round++) {
      expect(await sendTo(NAME, port, { isTlsVerified: false })).toBe('status 200');
      expect(await sendTo(NAME, port)).toBe('tls tls_untrusted');
    }
  });
});

describe('a connection', () => {
  test('is kept for the next request to the same name', async () => {
    const { port, names } = await serve(await authority.issue([NAME]));
    for (let i = 0; i < 5; i++) await sendTo(NAME, port);
    expect(names).toEqual([NAME]);
  });

  test('of one name is never used for another at the same address', async () => {
    const { port, names } = await serve(await authority.issue(['a.example.test', 'b.example.test']));
    for (let i = 0; i < 2; i++)
      for (const name of ['a.example.test', 'b.example.test']) expect(await sendTo(name, port)).toBe('status 200');
    expect(names.toSorted()).toEqual(['a.example.test', 'b.example.test']);
    expect(await sendTo('c.example.test', port)).toBe('tls tls_name_mismatch');
  });
});

describe('a receiver', () => {
  test('that does not speak TLS, or only an old one, fails the handshake', async () => {
    const plain = createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    });
    expect(await sendTo(NAME, await listen(plain))).toBe('tls tls_handshake_failed');
    const old = await serve({ ...(await authority.issue([NAME])), minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    expect(await sendTo(NAME, old.port)).toBe('tls tls_handshake_failed');
  });

  test('that stalls in the handshake is held to the total deadline', async () => {
    const silent = createTcpServer((socket) => socket.on('error', () => socket.destroy()));
    expect(await sendTo(NAME, await listen(silent), { timeoutMs: 100 })).toBe('timeout timeout');
  });

  test('that stalls in the handshake at one address is reached at the next one before the deadline', async () => {
    let silentCount = 0;
    const silent = createTcpServer((socket) => {
      silentCount++;
      socket.on('error', () => socket.destroy());
    });
    const port = await listen(silent);
    const { names } = await serve(await authority.issue([NAME]), { host: '127.0.0.2', port });
    const target = makeTarget(`https://${NAME}:${port}/in`, ['127.0.0.1', '127.0.0.2']);
    expect(await sendTo(NAME, port, { target, timeoutMs: 2_000 })).toBe('status 200');
    // And the connection to it is preferred to another such wait.
    expect(await sendTo(NAME, port, { target, timeoutMs: 2_000 })).toBe('status 200');
    expect(names).toEqual([NAME]);
    expect(silentCount).toBe(1);
  });
});
