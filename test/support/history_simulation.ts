// Simulates traffic of many webhooks and alert types in which nothing is unusual, written straight into the history.
import type { Queryable } from '../../src/store/sql.ts';
import { makeDice } from './dice.ts';

export interface SimulatedPeriod {
  step: number;
  at: number;
  webhook: number;
  attempts: number;
  failed: number;
  /** How many deliveries fell into each latency bucket, by its place. */
  latencies: Map<number, number>;
}
export interface SimulatedCount {
  type: string;
  at: number;
  alerts: number;
}
export interface Simulation {
  periods: SimulatedPeriod[];
  counts: SimulatedCount[];
}

const hourMs = 3_600_000;
const fiveMinutesMs = 300_000;

/**
 * Webhooks that differ in volume (3 to 3,000 attempts an hour, half of them following the time of day), in how often they fail
 * (never to 5 %, some unsteadily from hour to hour) and in latency (5 to 500 ms, lognormal, some with a second mode); alert
 * types from 0.2 to 2,000 an hour. Hours for eight days, and the five minutes of the last `days` of them.
 * @param options.until the end, in milliseconds, at a full hour
 */
export function simulate(options: {
  webhooks: number;
  types: number;
  days: number;
  until: number;
  seed: number;
}): Simulation {
  const { until, days } = options;
  const dice = makeDice(options.seed);
  const periods: SimulatedPeriod[] = [];
  for (let webhook = 1; webhook <= options.webhooks; webhook++)
    periods.push(...simulateWebhook(webhook, until, days, dice));
  const counts: SimulatedCount[] = [];
  for (let n = 1; n <= options.types; n++) {
    const volume = 10 ** (-0.7 + 4 * dice.random());
    const isDaily = dice.random() < 0.5;
    for (let at = until - (8 + days) * 24 * hourMs; at < until; at += fiveMinutesMs) {
      const alerts = dice.poisson((volume / 12) * (isDaily ? timeOfDay(at) : 1));
      if (alerts > 0) counts.push({ type: `t${n}`, at, alerts });
    }
  }
  return { periods, counts };
}

const timeOfDay = (at: number) => 1 + 0.8 * Math.sin(at / 13_750_987);

type Dice = ReturnType<typeof makeDice>;

function simulateWebhook(webhook: number, until: number, days: number, dice: Dice): SimulatedPeriod[] {
  const volume = 10 ** (0.5 + 3 * dice.random());
  const isDaily = dice.random() < 0.5;
  const failing = dice.random() < 0.4 ? 0 : 10 ** (-4 + 2.7 * dice.random());
  const isUnsteady = dice.random() < 0.3;
  const shape = simulateLatencies(dice);
  const periods: SimulatedPeriod[] = [];
  const play = (step: number, at: number, mood: number) => {
    const attempts = dice.poisson(((volume * step) / 3600) * (isDaily ? timeOfDay(at) : 1));
    const failed = dice.binomial(attempts, Math.min(1, failing * mood));
    const latencies = spread(attempts - failed, shape, dice);
    if (attempts > 0) periods.push({ step, at, webhook, attempts, failed, latencies });
  };
  for (let at = until - (8 + days) * 24 * hourMs; at < until; at += hourMs) {
    const mood = isUnsteady ? Math.exp(0.7 * dice.gauss()) : 1;
    const first = periods.length;
    if (at < until - days * 24 * hourMs) {
      play(3600, at, mood);
      continue;
    }
    for (let bin = at; bin < at + hourMs; bin += fiveMinutesMs) play(300, bin, mood);
    if (periods.length > first) periods.push(sumOf(periods.slice(first), at));
  }
  return periods;
}

/** The hour that periods of five minutes make. */
export function sumOf(bins: SimulatedPeriod[], at: number): SimulatedPeriod {
  const latencies = new Map<number, number>();
  for (const bin of bins)
    for (const [bucket, n] of bin.latencies) latencies.set(bucket, (latencies.get(bucket) ?? 0) + n);
  const sum = (key: 'attempts' | 'failed') => bins.reduce((total, bin) => total + bin[key], 0);
  return {
    step: 3600,
    at,
    webhook: bins[0]?.webhook ?? 0,
    attempts: sum('attempts'),
    failed: sum('failed'),
    latencies,
  };
}

/** The shares of a webhook's latency buckets, which are near enough to the eighth roots of two here. */
function simulateLatencies(dice: Dice): [number, number][] {
  const middle = 10 ** (0.7 + 2 * dice.random());
  const width = 0.1 + 0.9 * dice.random();
  const hasModes = dice.random() < 0.2;
  const shares = new Map<number, number>();
  for (let n = 0; n < 4000; n++) {
    const ms = middle * Math.exp(width * dice.gauss()) * (hasModes && dice.random() < 0.05 ? 20 : 1);
    const bucket = bucketOf(ms);
    shares.set(bucket, (shares.get(bucket) ?? 0) + 1 / 4000);
  }
  return [...shares];
}

const bounds = [...new Set([0, ...Array.from({ length: 137 }, (_, k) => Math.round(2 ** (k / 8)))])];
/** The place of a latency in the history's bounds, counted from 1. */
export function bucketOf(ms: number): number {
  return bounds.findLastIndex((bound) => bound <= Math.max(0, Math.round(ms))) + 1;
}

/** Deals so many deliveries out to the buckets by their shares. */
function spread(count: number, shape: [number, number][], dice: Dice): Map<number, number> {
  const dealt = new Map<number, number>();
  let left = count;
  let share = 1;
  for (const [bucket, part] of shape) {
    const n = share <= part ? left : dice.binomial(left, Math.min(1, part / share));
    if (n > 0) dealt.set(bucket, n);
    left -= n;
    share -= part;
  }
  return dealt;
}

/** Writes a simulation for the tenant 1, whose webhooks must have the simulation's numbers as ids. */
export async function storeSimulation(sql: Queryable, { periods, counts }: Simulation): Promise<void> {
  const times = [...periods.map(({ at }) => at), ...counts.map(({ at }) => at)];
  const first = times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = times.reduce((most, at) => Math.max(most, at), 0);
  await sql`select tocsin_internal.keep_history_partitions(${new Date(first)}, ${new Date(last)})`;
  for (let from = 0; from < periods.length; from += 50_000) {
    const part = periods.slice(from, from + 50_000);
    const list = <T>(pick: (period: SimulatedPeriod) => T) => part.map(pick);
    const sorted = (period: SimulatedPeriod) => [...period.latencies].sort(([a], [b]) => a - b);
    await sql`insert into tocsin_data.history (step_seconds, starts_at, tenant_id, webhook_id, attempts, delivered, given_up, cancelled,
        breaker_open_seconds, rate_limited_seconds, latency_buckets, latency_counts)
      select p.step, to_timestamp(p.at), 1, p.webhook, p.attempts, p.attempts - p.failed, 0, 0, 0, 0,
             p.buckets::smallint[], p.counts::integer[]
        from unnest(${list(({ step }) => step)}::integer[], ${list(({ at }) => at / 1000)}::float8[],
          ${list(({ webhook }) => webhook)}::integer[], ${list(({ attempts }) => attempts)}::integer[],
          ${list(({ failed }) => failed)}::integer[], ${list((period) => `{${sorted(period).map(([bucket]) => bucket)}}`)}::text[],
          ${list((period) => `{${sorted(period).map(([, n]) => n)}}`)}::text[])
          as p(step, at, webhook, attempts, failed, buckets, counts)`;
  }
  for (let from = 0; from < counts.length; from += 50_000) {
    const part = counts.slice(from, from + 50_000);
    await sql`insert into tocsin_data.alert_type_counts (tenant_id, alert_type, starts_at, alerts)
      select 1, c.type, to_timestamp(c.at), c.alerts from unnest(${part.map(({ type }) => type)}::text[],
        ${part.map(({ at }) => at / 1000)}::float8[], ${part.map(({ alerts }) => alerts)}::integer[]) as c(type, at, alerts)`;
  }
  await sql`insert into tocsin_data.alert_hours
    values (1, date_bin('1 hour', ${new Date(first)}, '2000-01-01Z'), 0, 0, 0, 0, 0, 0, 0) on conflict do nothing`;
  await sql`update tocsin_data.history_state set counted_before_id = tocsin_internal.id_at(${new Date(last + 600_000)})`;
}
