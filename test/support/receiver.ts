// A receiver for whole-flow tests that misbehaves as told, path by path, and remembers every request.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { act, type Behaviour } from './receiver_behaviour.ts';
import { makeRequestReader, type RawRequest } from './receiver_request.ts';
import { PATIENCE_MS } from './wait.ts';

export type { Behaviour } from './receiver_behaviour.ts';

/** A request as it came. `isVerified` is what the `standardwebhooks` package says; null when no secret was given. */
export type ReceivedRequest = RawRequest & {
  receivedAtMs: number;
  connection: number;
  isVerified: boolean | null;
  /** The body read as JSON. */
  json: () => Record<string, unknown>;
};

export type Receiver = {
  /** `http://127.0.0.1:PORT` with no slash at the end. */
  url: string;
  port: number;
  requests: ReceivedRequest[];
  /** Any of these may have signed; to be changed at will. */
  secrets: string[];
  /** Says what a path does from now on; 204 where nothing was said. A list plays in order, its last entry stays. */
  on(path: string, behaviour: Behaviour | Behaviour[]): void;
  /** Resolves with the requests (of one path) as soon as there are that many; rejects when the time is over. */
  waitFor(count: number, options?: { path?: string; timeoutMs?: number }): Promise<ReceivedRequest[]>;
  /** How many connections there are now, and how many there were in all. */
  connections(): { open: number; total: number };
  stop(): Promise<void>;
};

type Waiter = { check: () => boolean };

/** Listens on a port of loopback (`port` 0 or none: a free one), for `secrets` if any. */
export async function startReceiver(options: { port?: number; secrets?: string[] } = {}): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const scripts = new Map<string, Behaviour[]>();
  const waiters = new Set<Waiter>();
  const open = new Set<Socket>();
  let total = 0;

  const server = createServer((socket) => {
    const connection = ++total;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // A sender that hangs up is what many tests are about.
    socket.on('error', () => socket.destroy());
    const read = makeRequestReader((request) => {
      requests.push(record(request, connection, receiver.secrets));
      for (const waiter of waiters) if (waiter.check()) waiters.delete(waiter);
      act(next(scripts, request.path), socket);
    });
    socket.on('data', read);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  const port = (server.address() as AddressInfo).port;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    secrets: options.secrets ?? [],
    on: (path, behaviour) => void scripts.set(path, [behaviour].flat()),
    waitFor: (count, { path, timeoutMs = PATIENCE_MS } = {}) => waitFor(requests, waiters, count, path, timeoutMs),
    connections: () => ({ open: open.size, total }),
    stop: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return receiver;
}

function record(request: RawRequest, connection: number, secrets: string[]): ReceivedRequest {
  const isVerified = secrets.length === 0 ? null : secrets.some((secret) => isSignedBy(secret, request));
  const json = () => JSON.parse(request.body.toString()) as Record<string, unknown>;
  return { ...request, receivedAtMs: Date.now(), connection, isVerified, json };
}

/** What the `standardwebhooks` package says of a request and one secret. */
export function isSignedBy(secret: string, { body, headers }: RawRequest): boolean {
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function next(scripts: Map<string, Behaviour[]>, path: string): Behaviour {
  const script = scripts.get(path) ?? [];
  return (script.length > 1 ? script.shift() : script[0]) ?? { does: 'answer', status: 204 };
}

function waitFor(
  requests: ReceivedRequest[],
  waiters: Set<Waiter>,
  count: number,
  path: string | undefined,
  timeoutMs: number,
): Promise<ReceivedRequest[]> {
  return new Promise((resolve, reject) => {
    const found = () => (path === undefined ? requests : requests.filter((each) => each.path === path));
    const waiter: Waiter = {
      check: () => {
        if (found().length < count) return false;
        clearTimeout(timer);
        resolve(found().slice());
        return true;
      },
    };
    const timer = setTimeout(() => {
      waiters.delete(waiter);
      reject(new Error(`${found().length} of ${count} requests${path ? ` to ${path}` : ''} within ${timeoutMs} ms`));
    }, timeoutMs);
    if (!waiter.check()) waiters.add(waiter);
  });
}
