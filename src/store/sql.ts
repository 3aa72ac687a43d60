// Opens postgres.js clients: the one place that constructs one, so that every connection parses and names itself alike.
import postgres from 'postgres';

/** A pool of connections. */
export type Sql = postgres.Sql;
/** One transaction, or one savepoint within it. */
export type Tx = postgres.TransactionSql;
/** Whatever runs a query: a pool or a transaction. */
export type Queryable = postgres.ISql;

/** What may differ between the pools of one process. */
export interface SqlOptions {
  /** Connections at most; they open on demand. */
  max?: number;
  /** Shown in pg_stat_activity, so that an operator can tell who holds a lock. */
  applicationName?: string;
  /** Gives up connecting after this long; a query waits no longer than this for a server that is away. */
  connectTimeoutMs?: number;
  /** Closes a connection that was idle for this long; never by default. */
  idleTimeoutMs?: number;
  /** Server settings of every session, by their PostgreSQL names. */
  settings?: Record<string, string | number | boolean>;
  /** Prepared statements; off only behind a pooler in transaction mode. */
  prepare?: boolean;
  /** Receives notices and warnings of the server; dropped by default. */
  onNotice?: (notice: postgres.Notice) => void;
  /** Called whenever a connection was lost or closed. */
  onClose?: () => void;
  /** Receives what is announced in a channel that a session listens to. */
  onNotify?: (channel: string, payload: string) => void;
  /** Asks the server for its types at first, as is needed for arrays; off where there are none. */
  fetchTypes?: boolean;
}

const RECONNECT_SECONDS_MAX = 0.25;
/** How each client was opened. */
const opened = new WeakMap<Sql, { url: string; options: SqlOptions }>();

/**
 * Opens a pool; no connection is made until the first query.
 * `bigint` and `numeric` arrive as numbers: ids have 53 bits, and no figure of Tocsin needs more digits than a double has.
 * @throws Error when the address is not a URL
 */
export function openSql(url: string, options: SqlOptions = {}): Sql {
  const sql = postgres(url, {
    max: options.max ?? 10,
    connect_timeout: (options.connectTimeoutMs ?? 10_000) / 1000,
    idle_timeout: options.idleTimeoutMs === undefined ? undefined : options.idleTimeoutMs / 1000,
    // Connections live as long as the pool: the default recycles them after 30 to 60 minutes, in the middle of whatever runs.
    max_lifetime: null,
    // While the server is away a query waits for the next attempt to connect; the default waits up to 20 seconds.
    backoff: (failures) => Math.min(0.02 * 2 ** Math.min(failures, 10), RECONNECT_SECONDS_MAX),
    prepare: options.prepare ?? true,
    onnotice: options.onNotice ?? (() => undefined),
    onclose: options.onClose ?? (() => undefined),
    // Known to postgres.js, but not to its types.
    ...({ onnotify: options.onNotify } as object),
    fetch_types: options.fetchTypes ?? true,
    // Our functions steer the planner by making scans look dear, which to the just-in-time compiler looks like a large query.
    connection: { application_name: options.applicationName ?? 'tocsin', jit: 'off', ...options.settings },
    // Arrays of these (int8[] is 1016) follow: postgres.js derives their parsers from the element's.
    types: {
      number64: { to: 20, from: [20, 1700], serialize: String, parse: Number },
    },
  }) as unknown as Sql;
  opened.set(sql, { url, options });
  return sql;
}

/**
 * Opens another pool to where this one leads, with the same options but for some.
 * @throws Error for one that `openSql` did not open
 */
export function openSqlLike(sql: Sql, options: SqlOptions): Sql {
  const model = opened.get(sql);
  if (model === undefined) throw new Error('Only a pool of openSql can be a model for another.');
  return openSql(model.url, { ...model.options, ...options });
}

/**
 * True for a rejection that postgres.js leaves to nobody: a server that crashes while a new connection asks for its types, and
 * refuses the next one. Whoever waits for the connection is told too, so that nothing needs to be done about it.
 */
export function isLostGreeting(error: unknown): boolean {
  const { query } = (error ?? {}) as { query?: unknown };
  return typeof query === 'string' && /^\s*select b\.oid, b\.typarray\s/.test(query);
}
