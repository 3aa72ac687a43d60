// Keeps who is connected to the live socket and what each one watches.
import type { Channel } from './messages.ts';

/** Who watches. Messages of another tenant never reach them. */
export type Viewer = {
  tenantId: number;
  subject: string;
  /** When the credentials end, in ms since 1970; undefined: not by themselves. */
  expiresAtMs?: number | undefined;
  /** Whether anything that the credentials stand on has changed since this was asked last; costs next to nothing. */
  hasChanged(): boolean;
  /** Whether they would still let the viewer in; rejects when nobody can tell now. */
  isValid(): Promise<boolean>;
};

export type Connection = {
  viewer: Viewer;
  close(code: number, reason: string): void;
  channels: Set<Channel>;
  /** Messages it may still send: a bucket that refills with time. */
  credits: number;
  refilledAt: number;
  expiry: ReturnType<typeof setTimeout> | undefined;
};

/** What `/metrics` and the pong say of this process: those connected now, and totals since its start. */
export type LiveCounts = {
  connections: number;
  users: number;
  opened: number;
  /** All that ended; the next two are part of it. */
  closed: number;
  /** Ended by us: too many messages, or credentials that hold no longer. */
  dropped: number;
  /** Ended without a goodbye: a reader too slow for us to wait for, or a network that went away. */
  lost: number;
  /** Sent, one for each that a message went to. */
  messages: number;
};

/** Close codes (RFC 6455, 7.4.1), as docs/API.md lists them. */
export const CLOSE = { goingAway: 1001, lost: 1006, policy: 1008 } as const;

const CREDITS_MAX = 50;
const CREDITS_PER_SECOND = 10;
/** Timers run no longer; nobody stays connected for so many days. */
const TIMER_MS_MAX = 2_000_000_000;

/** The connections of one process, by the id of their socket: Elysia wraps a socket anew for each event. */
export class Connections {
  readonly #byId = new Map<string, Connection>();
  readonly #watchers = new Map<number, number>();
  opened = 0;
  closed = 0;
  dropped = 0;
  lost = 0;
  messages = 0;

  open(id: string, viewer: Viewer, close: Connection['close']): Connection {
    const connection: Connection = {
      viewer,
      close,
      channels: new Set(),
      credits: CREDITS_MAX,
      refilledAt: performance.now(),
      expiry: undefined,
    };
    if (viewer.expiresAtMs !== undefined) {
      const leftMs = viewer.expiresAtMs - Date.now();
      const end = () => close(CLOSE.policy, 'The credentials have expired.');
      connection.expiry = setTimeout(end, Math.min(Math.max(0, leftMs), TIMER_MS_MAX));
    }
    this.#byId.set(id, connection);
    this.#watchers.set(viewer.tenantId, (this.#watchers.get(viewer.tenantId) ?? 0) + 1);
    this.opened++;
    return connection;
  }

  /** @param code what the socket ended with */
  close(id: string, code: number): void {
    const connection = this.#byId.get(id);
    if (connection === undefined) return;
    clearTimeout(connection.expiry);
    this.#byId.delete(id);
    this.closed++;
    if (code === CLOSE.policy) this.dropped++;
    else if (code === CLOSE.lost) this.lost++;
    const { tenantId } = connection.viewer;
    const left = (this.#watchers.get(tenantId) ?? 1) - 1;
    if (left > 0) this.#watchers.set(tenantId, left);
    else this.#watchers.delete(tenantId);
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<Connection> {
    return this.#byId.values();
  }

  /** False when the socket has sent more than it may, or asked for more: what takes work costs several credits. */
  spend(connection: Connection, credits = 1): boolean {
    const now = performance.now();
    const refill = ((now - connection.refilledAt) / 1000) * CREDITS_PER_SECOND;
    connection.credits = Math.min(CREDITS_MAX, connection.credits + refill) - credits;
    connection.refilledAt = now;
    return connection.credits >= 0;
  }

  closeAll(code: number, reason: string): void {
    for (const { close } of this.#byId.values()) close(code, reason);
  }

  get size(): number {
    return this.#byId.size;
  }

  tenantIds(): number[] {
    return [...this.#watchers.keys()];
  }

  counts(): LiveCounts {
    const users = new Set([...this.#byId.values()].map(({ viewer }) => `${viewer.tenantId} ${viewer.subject}`)).size;
    const { opened, closed, dropped, lost, messages } = this;
    return { connections: this.#byId.size, users, opened, closed, dropped, lost, messages };
  }
}
