// When a connection to a receiver serves another request, and when it does not.
import { describe, expect, test } from 'bun:test';
import { createServer, type Socket } from 'node:net';
import { Connections } from '../../src/delivery/connections.ts';
import { send } from '../../src/delivery/send.ts';
import { startReceiver } from '../support/receiver.ts';
import { makeRequest, sendTo, wordOf } from '../support/send_request.ts';
import { until } from '../support/wait.ts';

type Answering = { url: string; sockets: Socket[]; close(): void };

/** A server that answers each request by the next of these texts, the last one for all others; and its sockets. */
function answering(...texts: string[]): Promise<Answering> {
  return acting((socket) => socket.write((texts.length > 1 ? texts.shift() : texts[0]) as string));
}

/** A server that does so with each request; `before`: how many came over the same connection. */
async function acting(act: (socket: Socket, before: number) => unknown): Promise<Answering> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    let count = 0;
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', () => act(socket, count++));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/`, sockets, close };
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('a connection', () => {
  test('is not used again when the receiver says that it closes it, now or soon', async () => {
    for (const header of ['connection: close', 'keep-alive: timeout=1']) {
      const server = await answering(`HTTP/1.1 200 OK\r\n${header}\r\ncontent-length: 2\r\n\r\nok`);
      for (let i = 0; i < 3; i++) expect(wordOf(await send(makeRequest(server.url)))).toBe('status 200');
      expect(server.sockets).toHaveLength(3);
      server.close();
    }
  });

  test('is used again for as long as the receiver keeps it', async () => {
    const server = await answering('HTTP/1.1 200 OK\r\nkeep-alive: timeout=30, max=9\r\ncontent-length: 0\r\n\r\n');
    for (let i = 0; i < 3; i++) expect(wordOf(await send(makeRequest(server.url)))).toBe('status 200');
    expect(server.sockets).toHaveLength(1);
    server.close();
  });

  test('that the receiver has closed meanwhile is not used', async () => {
    const server = await answering(OK);
    expect(wordOf(await send(makeRequest(server.url)))).toBe('status 200');
    const [first] = server.sockets;
    const isClosed = Promise.withResolvers<void>();
    first?.once('close', () => isClosed.resolve());
    first?.end();
    await isClosed.promise;
    expect(wordOf(await send(makeRequest(server.url)))).toBe('status 200');
    expect(server.sockets).toHaveLength(2);
    server.close();
  });

  test('that the receiver closes as the next request arrives costs no failure: that is sent once more, over a new one', async () => {
    for (const how of ['destroy', 'resetAndDestroy'] as const) {
      const server = await acting((socket, before) => (before === 0 ? socket.write(OK) : socket[how]()));
      for (let i = 0; i < 3; i++) expect(wordOf(await send(makeRequest(server.url)))).toBe('status 200');
      expect(server.sockets).toHaveLength(3);
      server.close();
    }
  });

  test('that fails anew, or after a byte of an answer, or as a new one, is a failure', async () => {
    const anew = await acting((socket) => (anew.sockets.length === 1 ? socket.write(OK) : socket.destroy()));
    expect(wordOf(await send(makeRequest(anew.url)))).toBe('status 200');
    anew.sockets[0]?.removeAllListeners('data').on('data', () => anew.sockets[0]?.destroy());
    expect(wordOf(await send(makeRequest(anew.url)))).toBe('connection connection_closed');
    expect(anew.sockets).toHaveLength(2);
    expect(wordOf(await send(makeRequest(anew.url)))).toBe('connection connection_closed');
    expect(anew.sockets).toHaveLength(3);
    anew.close();
    const begun = await acting((socket, before) => (before === 0 ? socket.write(OK) : socket.end('H')));
    expect(wordOf(await send(makeRequest(begun.url)))).toBe('status 200');
    expect(wordOf(await send(makeRequest(begun.url)))).toBe('connection connection_closed');
    expect(begun.sockets).toHaveLength(1);
    begun.close();
  });

  test('on which something comes that nobody asked for is closed, and no part of that is an answer', async () => {
    const server = await answering(OK, OK);
    expect(wordOf(await send(makeRequest(server.url)))).toBe('status 200');
    server.sockets[0]?.write('HTTP/1.1 500 Injected\r\ncontent-length: 0\r\n\r\n');
    await until(() => server.sockets[0]?.destroyed || server.sockets[0]?.readableEnded, { what: 'it is closed' });
    expect(wordOf(await send(makeRequest(server.url)))).toBe('status 200');
    expect(server.sockets).toHaveLength(2);
    server.close();
  });

  test('carries a body that is larger than the buffers of the system', async () => {
    const receiver = await startReceiver();
    const body = JSON.stringify({ text: 'ü'.repeat(4_000_000) });
    const { result, seen } = await sendTo(receiver, { does: 'answer' }, { body });
    expect(wordOf(result)).toBe('status 204');
    expect(seen[0]?.body.equals(Buffer.from(body))).toBe(true);
    await receiver.stop();
  });

  test('carries a custom header of bytes beyond ASCII as it is', async () => {
    const receiver = await startReceiver();
    const { seen } = await sendTo(
      receiver,
      { does: 'answer' },
      { body: '"ü漢"', customHeaders: { 'x-city': 'Zürich' } },
    );
    expect(seen[0]).toMatchObject({ headers: { 'x-city': 'Zürich' } });
    expect(seen[0]?.body.toString()).toBe('"ü漢"');
    await receiver.stop();
  });

  test('does not keep a process alive that has its answers', async () => {
    const receiver = await startReceiver();
    receiver.on('/', { does: 'answer', headers: { 'keep-alive': 'timeout=60' } });
    const script = `
      import { send } from '${import.meta.dir}/../../src/delivery/send.ts';
      import { makeRequest } from '${import.meta.dir}/../support/send_request.ts';
      console.log((await send(makeRequest('${receiver.url}/'))).statusCode);`;
    const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' });
    expect(await new Response(child.stdout).text()).toBe('204\n');
    expect(await child.exited).toBe(0);
    expect(receiver.connections().total).toBe(1);
    await receiver.stop();
  });

  test('that is idle for longest makes room when there are too many, whoever it leads to', async () => {
    const connections = new Connections(2);
    const servers = await Promise.all(Array.from({ length: 3 }, () => answering(OK)));
    const post = (at: number) => {
      const { port } = new URL((servers[at] as { url: string }).url);
      const route = { address: '127.0.0.1', port: Number(port), tls: undefined };
      const connection = connections.take(port, performance.now()) ?? connections.open(port, route);
      const deadlineMs = performance.now() + 5000;
      const times = { deadlineMs, connectByMs: deadlineMs, timeoutMs: 5000 };
      return connections.exchange(connection, 'POST / HTTP/1.1\r\nhost: x\r\n\r\n', times);
    };
    // The third is one too many: the second goes, as the first was used after it.
    for (const at of [0, 1, 0, 2]) expect(await post(at)).toMatchObject({ statusCode: 200 });
    await until(() => servers[1]?.sockets[0]?.destroyed, { what: 'the second is closed' });
    for (const at of [0, 2, 1]) expect(await post(at)).toMatchObject({ statusCode: 200 });
    expect(servers.map(({ sockets }) => sockets.length)).toEqual([1, 2, 1]);
    for (const server of servers) server.close();
  });
});
