// Keeps connections to receivers between requests, and holds every request to its deadline.
import type { Answer } from './answer.ts';
import { Connection, type Route, type Times } from './connection.ts';
import type { SendFailure } from './send_error.ts';

/** Idle connections of all receivers together; one more, and of the receiver whose were idle first the oldest goes. */
const IDLE_MAX = 256;
/**
 * Servers close what is idle, and a request on its way at that moment is lost. Many do after five seconds; one that says by
 * `keep-alive: timeout=` how long it waits is taken at its word, less a second.
 */
const IDLE_MS = 4_000;
const IDLE_MS_MAX = 60_000;
/** How often idle connections are looked at. */
const SWEEP_MS = 1_000;
/** How often deadlines are looked at: one timer for all, as one for each request would cost more. */
const TICK_MS = 20;

/** The connections of one process. */
export class Connections {
  /** By what they may be used for, those that got their first one first; in each list who was idle first comes first; none is empty. */
  readonly #idle = new Map<string, Connection[]>();
  #idleCount = 0;
  readonly #busy = new Set<Connection>();
  #ticker: ReturnType<typeof setInterval> | undefined;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  readonly #idleMax: number;
  readonly #onFree = (connection: Connection, came: Answer | SendFailure): void => this.#free(connection, came);
  readonly #onGone = (connection: Connection): void => this.#forget(connection);

  constructor(idleMax = IDLE_MAX) {
    this.#idleMax = idleMax;
  }

  /** An idle connection of that key, to be used at once. */
  take(key: string, nowMs: number): Connection | undefined {
    for (;;) {
      // The one that was used last: the others may come to their end.
      const connection = this.#idle.get(key)?.at(-1);
      if (connection === undefined) return undefined;
      this.#forget(connection);
      if (connection.idleUntilMs > nowMs) return connection;
      connection.close();
    }
  }

  /** A new connection, for requests of that key. */
  open(key: string, route: Route): Connection {
    return new Connection(key, route, this.#onFree, this.#onGone);
  }

  /** Sends a request over a connection that was taken or opened; never rejects. */
  exchange(connection: Connection, message: string | Buffer, times: Times): Promise<Answer | SendFailure> {
    this.#busy.add(connection);
    // While somebody waits for an answer this timer keeps the process alive.
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
    return connection.exchange(message, times);
  }

  #free(connection: Connection, came: Answer | SendFailure): void {
    this.#busy.delete(connection);
    if (this.#busy.size === 0) this.#stopTicking();
    if (connection.isGone) return;
    connection.idleUntilMs = performance.now() + idleMsOf(came);
    const others = this.#idle.get(connection.key);
    if (others === undefined) this.#idle.set(connection.key, [connection]);
    else others.push(connection);
    if (++this.#idleCount > this.#idleMax) this.#closeOldest();
    if (this.#sweeper !== undefined) return;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  #forget(connection: Connection): void {
    const others = this.#idle.get(connection.key);
    const at = others?.lastIndexOf(connection) ?? -1;
    if (others === undefined || at < 0) return;
    if (at === others.length - 1) others.pop();
    else others.splice(at, 1);
    if (others.length === 0) this.#idle.delete(connection.key);
    this.#idleCount--;
  }

  #closeOldest(): void {
    for (const [oldest] of this.#idle.values()) {
      if (oldest === undefined) continue;
      this.#forget(oldest);
      oldest.close();
      return;
    }
  }

  #tick(): void {
    const now = performance.now();
    for (const connection of this.#busy) if (connection.deadlineMs <= now) connection.expire();
  }

  #stopTicking(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  #sweep(): void {
    const now = performance.now();
    for (const connections of this.#idle.values()) {
      for (const connection of connections.filter(({ idleUntilMs }) => idleUntilMs <= now)) {
        this.#forget(connection);
        connection.close();
      }
    }
    if (this.#idle.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

function idleMsOf(came: Answer | SendFailure): number {
  const said = 'fields' in came ? came.fields.get('keep-alive') : undefined;
  const seconds = said === undefined ? null : /\btimeout=(\d{1,6})\b/i.exec(said);
  if (seconds === null) return IDLE_MS;
  return Math.min(IDLE_MS_MAX, Math.max(0, Number(seconds[1]) - 1) * 1000);
}
