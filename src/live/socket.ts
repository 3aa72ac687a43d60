// The live socket: who is let in, what they watch, and what a reconnecting reader missed.
import { Value } from '@sinclair/typebox/value';
import { Elysia } from 'elysia';
import type { Log } from '../log.ts';
import type { Api } from '../store/api.ts';
import type { Sql } from '../store/sql.ts';
import { CLOSE, type Connection, Connections, type LiveCounts, type Viewer } from './connections.ts';
import { cursorOf, Feed, idAt, OVERLAP_MS, readCursor } from './feed.ts';
import { type Channel, ClientMessage, channels, encode, type Unsent } from './messages.ts';
import { startRecheck } from './recheck.ts';

export type LiveOptions = {
  sql: Sql;
  api: Api;
  log: Log;
  /**
   * Who sends this upgrade request, which is counted as any other; throws what the HTTP side answers with (401, 403, 429).
   * @param headers of the answer: they get what there is to say about limits
   */
  authenticate(request: Request, address: string, headers: Record<string, unknown>): Viewer | Promise<Viewer>;
  /** The figures of `metrics_update` for a tenant. */
  metrics(tenantId: number): Promise<Unsent>;
  /** Sockets of all processes of this server, given those of this one. */
  connected(own: number): number;
  /** Shorter in tests. */
  heartbeatMs?: number | undefined;
};

const HEARTBEAT_MS = 30_000;
const REPLAY_MAX = 1_000;
/** It may read megabytes: five at once, and then one a second. */
const RESUME_CREDITS = 10;
const MESSAGE_BYTES_MAX = 4_096;
const EVERYONE = 'everyone';

const topicOf = (tenantId: number, channel: Channel) => `${tenantId}:${channel}`;

/** What this module needs of Elysia's socket, which is another object at every event. */
type Socket = {
  id: string;
  data: { viewer: Viewer };
  send(text: string): unknown;
  close(code?: number, reason?: string): unknown;
  subscribe(topic: string): unknown;
  unsubscribe(topic: string): unknown;
};

/** What this module needs of the server that it runs on. */
type Publisher = { publish(topic: string, text: string): number; subscriberCount(topic: string): number };

/** The socket's plugin, to be mounted by the HTTP side, and what runs behind it. */
export type Live = {
  plugin: ReturnType<typeof plugin>;
  /** Call when the server listens: from then on there is news. */
  start(server: Publisher): Promise<void>;
  stop(): Promise<void>;
  counts(): LiveCounts;
};

export function makeLive(options: LiveOptions): Live {
  const connections = new Connections();
  let server: Publisher | undefined;
  const publish = (topic: string, unsent: Unsent) => {
    const watchers = server?.subscriberCount(topic) ?? 0;
    if (watchers === 0) return;
    server?.publish(topic, encode(unsent));
    connections.messages += watchers;
  };
  const feed = new Feed({
    ...options,
    sink: {
      tenantIds: () => connections.tenantIds(),
      publish: (tenantId, channel, message) => publish(topicOf(tenantId, channel), message),
    },
  });
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  let recheck: ReturnType<typeof startRecheck> | undefined;
  const startedAt = Date.now();
  return {
    plugin: plugin(options, new Session(options, connections, startedAt)),
    counts: () => connections.counts(),
    async start(listening) {
      server = listening;
      heartbeat = setInterval(() => {
        publish(EVERYONE, { type: 'heartbeat', active_connections: options.connected(connections.size) });
      }, options.heartbeatMs ?? HEARTBEAT_MS);
      recheck = startRecheck(connections, options.log);
      await feed.start();
    },
    async stop() {
      clearInterval(heartbeat);
      recheck?.stop();
      connections.closeAll(CLOSE.goingAway, 'The server stops; reconnect and resume.');
      await feed.stop();
    },
  };
}

function plugin({ authenticate }: LiveOptions, session: Session) {
  const route = (initial: readonly Channel[]) => ({
    detail: { hide: true },
    open: (socket: unknown) => session.open(socket as Socket, initial),
    message: (socket: unknown, message: unknown) => session.receive(socket as Socket, message),
    close: (socket: unknown, code: number) => session.close(socket as Socket, code),
  });
  return new Elysia({ name: 'live' })
    .derive(async ({ request, server, set }) => {
      const address = server?.requestIP(request)?.address ?? 'unknown';
      const viewer = await authenticate(request, address, set.headers);
      // A client that offers the subprotocol to carry its token is refused by browsers unless it is taken up.
      if (request.headers.get('sec-websocket-protocol')?.startsWith('bearer')) {
        set.headers['sec-websocket-protocol'] = 'bearer';
      }
      return { viewer };
    })
    .ws('/api/v1/ws/dashboard', route([]))
    .ws('/api/v1/ws/alerts', route(['alerts']));
}

/** The conversation with each socket. */
class Session {
  /** The last resume of a tenant: they take turns, so that nobody's keep others from the database or fill the memory. */
  readonly #turns = new Map<number, Promise<void>>();

  constructor(
    readonly options: LiveOptions,
    readonly connections: Connections,
    readonly startedAt: number,
  ) {}

  open(socket: Socket, initial: readonly Channel[]): void {
    const { viewer } = socket.data;
    const connection = this.connections.open(socket.id, viewer, (code, reason) => void socket.close(code, reason));
    socket.subscribe(EVERYONE);
    if (initial.length > 0) this.#subscribe(socket, connection, initial);
  }

  close(socket: Socket, code: number): void {
    this.connections.close(socket.id, code);
  }

  async receive(socket: Socket, raw: unknown): Promise<void> {
    const connection = this.connections.get(socket.id);
    if (connection === undefined) return;
    const message = read(raw);
    const isResume = message !== undefined && 'cursor' in message;
    if (!this.connections.spend(connection, isResume ? RESUME_CREDITS : 1)) {
      socket.close(CLOSE.policy, 'Too many messages.');
      return;
    }
    if (message === undefined) {
      const detail = `Send {"action": "subscribe", "types": [${channels.map((c) => `"${c}"`).join(', ')}]}, unsubscribe, ping or resume.`;
      this.#send(socket, { type: 'error', error_code: 'INVALID_MESSAGE', detail });
      return;
    }
    const verb = 'action' in message ? message.action : message.type;
    const named = 'types' in message ? message.types : 'channels' in message ? message.channels : [];
    if (verb === 'subscribe') this.#subscribe(socket, connection, named);
    else if (verb === 'unsubscribe') this.#unsubscribe(socket, connection, named);
    else if (verb === 'ping') this.#pong(socket);
    else if ('cursor' in message) await this.#resumeInTurn(socket, connection, message.cursor);
  }

  #subscribe(socket: Socket, connection: Connection, named: readonly Channel[]): void {
    for (const channel of named) {
      connection.channels.add(channel);
      socket.subscribe(topicOf(connection.viewer.tenantId, channel));
    }
    this.#send(socket, { type: 'subscription_confirmed', types: [...connection.channels], cursor: cursorNow() });
  }

  #unsubscribe(socket: Socket, connection: Connection, named: readonly Channel[]): void {
    for (const channel of named) {
      connection.channels.delete(channel);
      socket.unsubscribe(topicOf(connection.viewer.tenantId, channel));
    }
    this.#send(socket, { type: 'unsubscribe_confirmed', types: [...named] });
  }

  #pong(socket: Socket): void {
    const total_connections = this.options.connected(this.connections.size);
    const connected_users = this.connections.counts().users;
    const uptime_seconds = Math.floor((Date.now() - this.startedAt) / 1000);
    this.#send(socket, { type: 'pong', total_connections, connected_users, uptime_seconds });
  }

  async #resumeInTurn(socket: Socket, connection: Connection, cursor: string): Promise<void> {
    const { tenantId } = connection.viewer;
    const before = this.#turns.get(tenantId);
    const resume = async () => {
      await before?.catch(() => undefined);
      // Whoever has gone meanwhile is not read for.
      if (this.connections.get(socket.id) === connection) await this.#resume(socket, connection, cursor);
    };
    const turn = resume();
    this.#turns.set(tenantId, turn);
    await turn.finally(() => {
      if (this.#turns.get(tenantId) === turn) this.#turns.delete(tenantId);
    });
  }

  /** What is sent again overlaps with what comes live: readers know an alert by its id. */
  async #resume(socket: Socket, { viewer }: Connection, cursor: string): Promise<void> {
    const { list_feed_alerts, list_feed_webhooks } = this.options.api.live;
    const after = readCursor(cursor);
    const next = cursorNow();
    const p_tenant_ids = [viewer.tenantId];
    const alerts =
      after === undefined ? [] : await list_feed_alerts({ p_tenant_ids, p_after_id: after, p_limit: REPLAY_MAX + 1 });
    if (after === undefined || alerts.length > REPLAY_MAX) {
      this.#send(socket, { type: 'reset', cursor: next });
      return;
    }
    for (const { tenant_id: _, ...rest } of alerts)
      this.#send(socket, { type: 'alert_new', cursor: cursorOf(rest.alert_id), ...rest });
    const p_since = new Date(timeOf(after)).toISOString();
    const changed = await list_feed_webhooks({ p_tenant_ids, p_since });
    for (const { tenant_id: _, status_changed_at: __, ...rest } of changed)
      this.#send(socket, { type: 'webhook_status_changed', ...rest });
    this.#send(socket, { type: 'resumed', replayed: alerts.length, cursor: next });
  }

  #send(socket: Socket, message: Unsent): void {
    socket.send(encode(message));
    this.connections.messages++;
  }
}

function read(raw: unknown): ClientMessage | undefined {
  let message = raw;
  if (typeof raw === 'string') {
    if (raw.length > MESSAGE_BYTES_MAX) return undefined;
    try {
      message = JSON.parse(raw);
    } catch {
      return undefined;
    }
  }
  return Value.Check(ClientMessage, message) ? message : undefined;
}

/** A little before now, because alerts that are being raised have lower ids than this moment's. */
function cursorNow(): string {
  return cursorOf(idAt(Date.now() - OVERLAP_MS));
}

/** The time at which an id was made, in ms. */
function timeOf(id: number): number {
  return 1_735_689_600_000 + (Math.floor(id / 8192) * 1000) / 1024;
}
