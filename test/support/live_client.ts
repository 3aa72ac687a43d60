// A client of the live socket for tests: keeps what came, and holds every message against the union.
import { Value } from '@sinclair/typebox/value';
import '../../src/http/time_filter.ts';
import { ServerMessage } from '../../src/live/messages.ts';
import { until } from './wait.ts';

// biome-ignore lint/suspicious/noExplicitAny: messages are looked at field by field after the union has checked them.
type Message = any;

export interface LiveClient {
  messages: Message[];
  /** Set when the socket is closed; `refused` when it never opened. */
  closed: { code: number; reason: string } | undefined;
  send(message: unknown): void;
  /** The first message of a type that fits, from now or before. */
  waitFor(type: string, fits?: (message: Message) => boolean): Promise<Message>;
  close(): void;
}

/** Connects; resolves when the socket is open or was refused. */
export async function openLive(url: string, headers: Record<string, string> = {}): Promise<LiveClient> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers } as never);
  const client: LiveClient = {
    messages: [],
    closed: undefined,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async waitFor(type, fits = () => true) {
      const find = () => client.messages.find((message) => message.type === type && fits(message));
      await until(() => find() !== undefined, { what: `a message ${type}` });
      return find();
    },
    close: () => socket.close(),
  };
  const settled = Promise.withResolvers<void>();
  socket.onopen = () => settled.resolve();
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data));
    const [fault] = Value.Errors(ServerMessage, message);
    if (fault) throw new Error(`${message.type} is not in the union: ${fault.path} ${fault.message}`);
    client.messages.push(message);
  };
  socket.onclose = ({ code, reason }) => {
    client.closed = { code, reason };
    settled.resolve();
  };
  await settled.promise;
  return client;
}
