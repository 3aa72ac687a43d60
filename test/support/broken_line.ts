// A way to a server on this machine that breaks as real networks do: cut in mid-query, stalled, or dead without a word.
import { connect, createServer, type Socket } from 'node:net';

export type BrokenLine = {
  port: number;
  /** How many connections there are. */
  count(): number;
  /** Closes every connection now. */
  cut(): void;
  /** Lets only this share (0 to 1) of the next bytes of each connection through to the server, and closes it there. */
  cutInMidQuery(share: number): void;
  /** Passes on nothing more, in either direction, until `resume`; new connections are accepted and wait, too. */
  stall(): void;
  resume(): void;
  /**
   * The connections there are now, or only those with this server-side port, go dead: neither end hears from the other again
   * or learns of it, as when a firewall forgets them. New connections work. They end with `stop`.
   */
  vanish(serverPort?: number): void;
  /** Keeps from the server what contains these words when it is sent next, and gives the server-side port of its connection. */
  holdBack(words: string): Promise<number>;
  stop(): void;
};

type Pair = { here: Socket; there: Socket; isDead: boolean; shareLeft: number | undefined };
type HeldBack = { words: string; resolve(serverPort: number): void };

/** Listens on a free port of loopback for what is meant for `port`. */
export async function startBrokenLine(port: number): Promise<BrokenLine> {
  const pairs = new Set<Pair>();
  let isStalled = false;
  let heldBack: HeldBack | undefined;
  const isHeldBack = ({ there }: Pair, bytes: Buffer) => {
    if (heldBack === undefined || !bytes.includes(heldBack.words)) return false;
    heldBack.resolve(there.localPort as number);
    heldBack = undefined;
    return true;
  };
  const server = createServer((here) => {
    const there = connect(port, '127.0.0.1');
    const pair: Pair = { here, there, isDead: false, shareLeft: undefined };
    pairs.add(pair);
    join(pair, isHeldBack, () => pairs.delete(pair));
    if (isStalled) for (const socket of [here, there]) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const forEachLive = (act: (pair: Pair) => void) => {
    for (const pair of pairs) if (!pair.isDead) act(pair);
  };
  const close = ({ here, there }: Pair) => {
    here.destroy();
    there.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    count: () => [...pairs].filter(({ isDead }) => !isDead).length,
    cut: () => forEachLive(close),
    cutInMidQuery: (share) =>
      forEachLive((pair) => {
        pair.shareLeft = share;
      }),
    stall() {
      isStalled = true;
      forEachLive(({ here, there }) => [here, there].map((socket) => socket.pause()));
    },
    resume() {
      isStalled = false;
      forEachLive(({ here, there }) => [here, there].map((socket) => socket.resume()));
    },
    vanish: (serverPort) =>
      forEachLive((pair) => {
        if (serverPort === undefined || pair.there.localPort === serverPort) pair.isDead = true;
      }),
    holdBack(words) {
      const { promise, resolve } = Promise.withResolvers<number>();
      heldBack = { words, resolve };
      return promise;
    },
    stop() {
      for (const pair of pairs) close(pair);
      server.close();
    },
  };
}

/** Passes on what comes, both ways, until either end closes. */
function join(pair: Pair, isHeldBack: (pair: Pair, bytes: Buffer) => boolean, onClose: () => void): void {
  const { here, there } = pair;
  here.on('data', (bytes: Buffer) => {
    if (pair.isDead || isHeldBack(pair, bytes)) return;
    if (pair.shareLeft === undefined) return void there.write(bytes);
    there.end(bytes.subarray(0, Math.floor(bytes.length * pair.shareLeft)));
    here.destroy();
  });
  there.on('data', (bytes) => {
    if (!pair.isDead && pair.shareLeft === undefined) here.write(bytes);
  });
  for (const [socket, other] of [
    [here, there],
    [there, here],
  ] as const) {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      onClose();
      // Of a dead connection, the other end goes on believing in it.
      if (!pair.isDead) other.destroySoon();
    });
  }
}
