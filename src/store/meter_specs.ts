// Lists what the processes of a server count, and gives each figure its place in the memory that they share.

/** One metric: its name and meaning, and what its labels may be; a cell for each combination of them. */
export type MeterSpec = {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  /** All values that each label may have: what is not listed cannot be counted, so that no caller can make series. */
  labels: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds of a histogram's buckets, ascending, in seconds; there is one more bucket, without a bound. */
  bounds: readonly number[];
  /** Its first cell. */
  at: number;
  /** Cells of one combination of labels. */
  width: number;
};

/** What came of an attempt, in this order, as `delivery/outcome.ts` has it. */
export const outcomes = ['delivered', 'failed', 'gone', 'throttled', 'expired'] as const;
export const pools = ['api', 'worker'] as const;
/** Every status that the API answers with; any other is counted as `other`. */
export const statuses = [
  '101 200 201 202 204 206 304 400 401 403 404 405 409 410 413 415 422 429 500 501 502 503 504 other',
].flatMap((words) => words.split(' '));
/** Routes and SQL functions that have cells; beyond that they share one. The tests see to it that all have their own. */
export const ROUTES_MAX = 120;
export const CALLS_MAX = 120;

const fast = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const slow = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200];
const places = (count: number) => Array.from({ length: count }, (_, place) => String(place));
type Labels = MeterSpec['labels'];

let end = 0;
function spec(
  type: MeterSpec['type'],
  name: string,
  help: string,
  labels: Labels = {},
  bounds: readonly number[] = [],
): MeterSpec {
  const width = type === 'histogram' ? bounds.length + 2 : 1;
  const at = end;
  end += Object.values(labels).reduce((count, values) => count * values.length, width);
  return { name, help, type, labels, bounds, at, width };
}

/** What each process holds now; gone with it. First, so that they lie together. */
export const gauges = {
  processes: spec('gauge', 'tocsin_processes', 'Processes of this server that serve or deliver.'),
  startedAt: spec('gauge', 'tocsin_process_start_time_seconds', 'Start of the oldest process, in seconds since 1970.'),
  rss: spec('gauge', 'tocsin_process_resident_memory_bytes', 'Resident memory of all processes.'),
  poolSize: spec('gauge', 'tocsin_db_pool_size', 'Connections to PostgreSQL at most.', { pool: pools }),
  poolCalls: spec('gauge', 'tocsin_db_pool_calls', 'Calls that have or wait for a connection.', { pool: pools }),
  poolUsed: spec('gauge', 'tocsin_db_pool_used', 'Connections that have a call to do.', { pool: pools }),
  poolWaiting: spec('gauge', 'tocsin_db_pool_waiting', 'Calls beyond the size of the pool.', { pool: pools }),
  inFlight: spec('gauge', 'tocsin_deliveries_in_flight', 'Requests to receivers that are under way.'),
  sockets: spec('gauge', 'tocsin_websocket_connections', 'Open WebSockets.'),
};
/** Cells of the gauges. */
export const GAUGE_CELLS = end;

/** What each process has counted; whoever takes its seat counts on. */
export const counters = {
  cpu: spec('counter', 'tocsin_process_cpu_seconds_total', 'CPU time of all processes.'),
  lag: spec('histogram', 'tocsin_event_loop_lag_seconds', 'How much too late a timer of 100 ms fires.', {}, fast),
  attempts: spec('counter', 'tocsin_deliveries_total', 'Attempts to deliver, by what came of them.', {
    outcome: outcomes,
    attempt: ['first', 'retry'],
    source: ['user', 'tocsin'],
  }),
  attemptSeconds: spec(
    'histogram',
    'tocsin_delivery_attempt_duration_seconds',
    'From the request to the answer of the receiver.',
    {},
    fast.concat(30),
  ),
  latency: spec(
    'histogram',
    'tocsin_delivery_latency_seconds',
    'From raising (or replaying) to the answer that delivered.',
    { attempt: ['first', 'retry'] },
    slow,
  ),
  claims: spec('counter', 'tocsin_claims_total', 'Claims of a worker.', { result: ['some', 'none', 'error'] }),
  claimed: spec('counter', 'tocsin_claimed_deliveries_total', 'Deliveries that claims have leased.'),
  recorded: spec('counter', 'tocsin_recorded_results_total', 'Results that were recorded.'),
  late: spec('counter', 'tocsin_late_results_total', 'Results that came after their lease was lost.'),
  recordErrors: spec('counter', 'tocsin_record_errors_total', 'Recordings that failed and were tried again.'),
  maintenance: spec('counter', 'tocsin_maintenance_total', 'Deliveries that housekeeping moved, by what it did.', {
    step: ['promoted', 'parked', 'unparked', 'cancelled', 'reaped'],
  }),
  socketsOpened: spec('counter', 'tocsin_websocket_connects_total', 'WebSockets that were opened.'),
  socketsClosed: spec('counter', 'tocsin_websocket_disconnects_total', 'WebSockets that ended, by how.', {
    reason: ['goodbye', 'dropped', 'lost'],
  }),
  socketMessages: spec(
    'counter',
    'tocsin_websocket_messages_total',
    'Messages sent to WebSockets, one for each reader.',
  ),
  rateLimited: spec('counter', 'tocsin_rate_limited_requests_total', 'Requests refused for being too many.'),
  watched: spec('counter', 'tocsin_self_watch_alerts_total', 'Alerts that Tocsin raised about itself.', {
    change: ['entered', 'left'],
  }),
  calls: spec('counter', 'tocsin_db_calls_total', 'Calls of SQL functions.', { call: places(CALLS_MAX) }),
  callErrors: spec('counter', 'tocsin_db_call_errors_total', 'Those that failed, refusals included.', {
    call: places(CALLS_MAX),
  }),
  callSeconds: spec('counter', 'tocsin_db_call_seconds_total', 'Time spent on them, waiting included.', {
    call: places(CALLS_MAX),
  }),
  requests: spec('counter', 'tocsin_http_requests_total', 'Requests answered.', {
    route: places(ROUTES_MAX),
    status: statuses,
  }),
  requestSeconds: spec(
    'histogram',
    'tocsin_http_request_duration_seconds',
    'From the arrival of a request to the head of its answer.',
    { route: places(ROUTES_MAX) },
    fast,
  ),
};

/** Cells of one process. */
export const METER_CELLS = end;
/** Whatever would give a cell another meaning changes it. */
export const LAYOUT = Bun.hash.crc32(JSON.stringify([gauges, counters])) || 1;
