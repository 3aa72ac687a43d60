// A way to a server on this machine that can be made slow, for tests of what slowness costs.
import { afterAll } from 'bun:test';
import { connect, createServer, type Socket } from 'node:net';

export interface SlowLine {
  port: number;
  /** What the server answers arrives so much later. */
  delayMs: number;
  /** Closes every connection; new ones are accepted. */
  cut(): void;
}

/** It ends with the calling file. */
export async function startSlowLine(port: number): Promise<SlowLine> {
  const sockets = new Set<Socket>();
  const server = createServer((here) => {
    const there = connect(port, '127.0.0.1');
    for (const socket of [here, there]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    here.on('data', (bytes) => there.write(bytes));
    // In their order, also when the delay becomes less: a stream never overtakes itself.
    let sent = Promise.resolve();
    there.on('data', (bytes) => {
      const dueAt = performance.now() + line.delayMs;
      sent = sent.then(async () => {
        if (dueAt > performance.now()) await Bun.sleep(dueAt - performance.now());
        here.write(bytes);
      });
    });
    here.on('close', () => there.destroy());
    there.on('close', () => here.destroy());
  });
  const line: SlowLine = {
    port: 0,
    delayMs: 0,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  line.port = (server.address() as { port: number }).port;
  afterAll(() => {
    line.cut();
    server.close();
  });
  return line;
}
