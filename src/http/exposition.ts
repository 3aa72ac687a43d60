// Writes what was counted in the text format of Prometheus: the shared meters, the cache, and the figures of the database.
import { AggregatorRegistry } from 'prom-client';
import { version } from '../../package.json' with { type: 'json' };
import type { Api } from '../store/api.ts';
import type { Cache } from '../store/cache.ts';
import { CALLS_MAX, counters, gauges, type MeterSpec } from '../store/meter_specs.ts';
import type { Meters } from '../store/meters.ts';
import type { MeteredRoute } from './request_meter.ts';

export const CONTENT_TYPE = AggregatorRegistry.PROMETHEUS_CONTENT_TYPE;

/** The row of `get_metrics`. */
export type SystemFigures = Awaited<ReturnType<Api['system']['get_metrics']>>;

export type Sources = {
  meters: Pick<Meters, 'total' | 'rows'>;
  /** Names of the places of `route` and of `call`. */
  routes: readonly MeteredRoute[];
  calls: readonly string[];
  cache: Cache | undefined;
  /** Undefined when the database did not answer. */
  figures: SystemFigures | undefined;
};

type Labels = Record<string, string>;
/** One metric: prom-client writes several processes' worth of these; here each is the sum of all already. */
type Family = {
  name: string;
  help: string;
  type: MeterSpec['type'];
  aggregator: 'first';
  values: Value[];
};
type Value = { labels: Labels; value: number; metricName?: string };
type Kind = 'counter' | 'gauge';

/** Everything, for a scraper. */
export async function writeMetrics(sources: Sources): Promise<string> {
  return AggregatorRegistry.aggregate([listMetrics(sources)]).metrics();
}

/** Everything, metric by metric. */
export function listMetrics(sources: Sources): Family[] {
  return [...meterFamilies(sources), ...cacheFamilies(sources.cache), ...systemFamilies(sources.figures), build()];
}

function family(kind: Kind, name: string, help: string, values: [Labels, number][]): Family {
  return {
    name,
    help,
    type: kind,
    aggregator: 'first',
    values: values.map(([labels, value]) => ({ labels, value })),
  };
}

function build(): Family {
  const labels = { version, bun: Bun.version };
  return family('gauge', 'tocsin_build_info', 'Always 1; the labels say what runs.', [[labels, 1]]);
}

function meterFamilies({ meters, routes, calls }: Sources): Family[] {
  const total = meters.total();
  // The start is the only figure that is no sum.
  const starts = [...meters.rows()].map((row) => row[gauges.startedAt.at] as number).filter((start) => start > 0);
  total[gauges.startedAt.at] = starts.length === 0 ? 0 : Math.min(...starts);
  const rename = ({ route, call, ...rest }: Labels): Labels | undefined => {
    const found = route === undefined ? {} : routes[Number(route)];
    if (found === undefined) return undefined;
    if (call === undefined) return { ...found, ...rest };
    const name = Number(call) === CALLS_MAX - 1 ? 'other' : calls[Number(call)];
    return name === undefined ? undefined : { call: name, ...rest };
  };
  return [...Object.values(gauges), ...Object.values(counters)].map((spec) => meterFamily(spec, total, rename));
}

function meterFamily(spec: MeterSpec, total: Float64Array, rename: (labels: Labels) => Labels | undefined): Family {
  const values: Value[] = [];
  // Of routes and calls only those that were met: most of them never are.
  const isSparse = 'route' in spec.labels || 'call' in spec.labels;
  for (const [place, raw] of combinations(spec.labels).entries()) {
    const from = spec.at + place * spec.width;
    const cells = total.subarray(from, from + spec.width);
    if (isSparse && cells.every((cell) => cell === 0)) continue;
    const labels = rename(raw);
    if (labels === undefined) continue;
    if (spec.type === 'histogram') values.push(...histogramValues(spec, cells, labels));
    else values.push({ labels, value: cells[0] as number });
  }
  const { name, help, type } = spec;
  return { name, help, type, aggregator: 'first', values };
}

function histogramValues(spec: MeterSpec, cells: Float64Array, labels: Labels) {
  let count = 0;
  const buckets = [...spec.bounds, '+Inf'].map((le, bucket) => {
    count += cells[bucket] as number;
    return { labels: { ...labels, le: String(le) }, value: count, metricName: `${spec.name}_bucket` };
  });
  const sum = { labels, value: cells[spec.width - 1] as number, metricName: `${spec.name}_sum` };
  return [...buckets, sum, { labels, value: count, metricName: `${spec.name}_count` }];
}

/** In the order of their cells: the last label changes fastest. */
function combinations(labels: MeterSpec['labels']): Labels[] {
  let all: Labels[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    all = all.flatMap((each) => values.map((value) => ({ ...each, [name]: value })));
  }
  return all;
}

function cacheFamilies(cache: Cache | undefined): Family[] {
  const { l1Hits = 0, l2Hits = 0, misses = 0, evicted = 0, entries = 0, bytes = 0 } = cache?.stats() ?? {};
  const redis = { ready: 1, away: 0, disabled: undefined }[cache?.l2Status ?? 'disabled'];
  return [
    family('counter', 'tocsin_cache_requests_total', 'Reads that the cache may answer, by what answered them.', [
      [{ result: 'l1' }, l1Hits],
      [{ result: 'l2' }, l2Hits],
      [{ result: 'miss' }, misses],
    ]),
    family('counter', 'tocsin_cache_evictions_total', 'Entries pushed out of memory for want of room.', [
      [{}, evicted],
    ]),
    family('gauge', 'tocsin_cache_entries', 'Entries in memory, of all processes.', [[{}, entries]]),
    family('gauge', 'tocsin_cache_bytes', 'Bytes of them.', [[{}, bytes]]),
    family('gauge', 'tocsin_cache_bytes_max', 'As many as they may have.', [[{}, cache?.bytesMax ?? 0]]),
    family(
      'gauge',
      'tocsin_redis_up',
      'Whether the process that was asked reaches Redis; absent without REDIS_URL.',
      redis === undefined ? [] : [[{}, redis]],
    ),
  ];
}

function systemFamilies(f: SystemFigures | undefined): Family[] {
  /** Nothing rather than zeros while the database is away. */
  const gauge = (name: string, help: string, values: (figures: SystemFigures) => [Labels, number][]) =>
    family('gauge', name, help, f === undefined ? [] : values(f));
  return [
    family('gauge', 'tocsin_database_up', 'Whether PostgreSQL answered this scrape within 2 s.', [[{}, f ? 1 : 0]]),
    gauge('tocsin_queue_deliveries', 'Deliveries of the whole system by state; exact up to 10,000 of each.', (m) =>
      (['ready', 'scheduled', 'parked', 'sending'] as const).map((state) => [{ state }, m[state]]),
    ),
    gauge(
      'tocsin_queue_oldest_due_seconds',
      'For how long the oldest delivery that could be sent has been due.',
      (m) => [[{}, m.oldest_due_seconds]],
    ),
    gauge('tocsin_workers', 'Workers of the whole system that are alive.', (m) => [[{}, m.workers]]),
    gauge('tocsin_webhooks', 'Webhooks of the whole system, by state.', (m) => [
      [{ state: 'active' }, m.active_webhooks],
      [{ state: 'unavailable' }, m.unavailable_webhooks],
    ]),
    gauge('tocsin_webhook_breakers', 'Webhooks by the state of their circuit breaker.', (m) => [
      [{ state: 'closed' }, m.breakers_closed],
      [{ state: 'open' }, m.breakers_open],
      [{ state: 'half_open' }, m.breakers_half_open],
    ]),
    gauge('tocsin_partitions', 'Partitions of the tables that are partitioned by time.', (m) => [
      [{ table: 'alerts' }, m.alert_partitions],
      [{ table: 'alert_delivery_log' }, m.log_partitions],
      [{ table: 'idempotency_keys' }, m.key_partitions],
    ]),
    gauge('tocsin_tenant_queues', 'Tenants whose queue_limit is nearly used (80 %) or reached.', (m) => [
      [{ state: 'near' }, m.tenants_near_queue_limit],
      [{ state: 'reached' }, m.tenants_reached_queue_limit],
    ]),
    gauge('tocsin_partition_runway_seconds', 'For how long partitions are made ahead.', (m) => [
      [{}, m.partition_runway_seconds],
    ]),
  ];
}
