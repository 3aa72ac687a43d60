// Simulates webhooks of several kinds up to one moment, and whether each fails in the hour after it; written into the history.
import type { Queryable } from '../../src/store/sql.ts';
import { makeDice } from './dice.ts';
import { bucketOf, type SimulatedPeriod, sumOf } from './history_simulation.ts';
import { Receiver, type Regime, regimes } from './failing_receiver.ts';

const minuteMs = 60_000;
const binMs = 5 * minuteMs;
const hourMs = 60 * minuteMs;

/** Of one webhook: what the history knows at the moment, and whether it then fails. */
export type FailureExample = { webhook: number; regime: Regime; periods: OpenPeriod[]; fails: boolean };
export type OpenPeriod = SimulatedPeriod & { openSeconds: number };

/**
 * Plays so many webhooks, with the ids from `firstId` on, for a day and an hour before `now` and an hour after it.
 * @param options.now in milliseconds, at full five minutes
 */
export function simulateFailures(options: {
  count: number;
  firstId: number;
  now: number;
  seed: number;
}): FailureExample[] {
  const dice = makeDice(options.seed);
  return Array.from({ length: options.count }, (_, n) => {
    const regime = pickRegime(dice.random());
    return play(options.firstId + n, regime, options.now, makeDice((options.seed << 16) ^ (n * 2_654_435_761)));
  });
}

function pickRegime(at: number): Regime {
  let left = at;
  for (const [regime, share] of Object.entries(regimes)) {
    if (left < share) return regime as Regime;
    left -= share;
  }
  return 'steady';
}

/** Fails within the hour: in some five minutes its breaker opens or is open, or half or more of five or more attempts fail. */
const isFailed = ({ attempts, failed, openSeconds }: OpenPeriod) =>
  openSeconds > 0 || (attempts >= 5 && 2 * failed >= attempts);

function play(webhook: number, regime: Regime, now: number, dice: ReturnType<typeof makeDice>): FailureExample {
  const start = Math.floor((now - 25 * hourMs) / hourMs) * hourMs;
  const receiver = new Receiver(regime, start, now, dice);
  const bins: OpenPeriod[] = [];
  for (let at = start; at < now + hourMs; at += binMs) bins.push(playBin(webhook, receiver, at));
  const past = bins.filter(({ at }) => at < now);
  const hours: OpenPeriod[] = [];
  for (let at = start; at + hourMs <= now; at += hourMs) {
    const parts = past.filter((bin) => bin.at >= at && bin.at < at + hourMs);
    hours.push({ ...sumOf(parts, at), openSeconds: parts.reduce((sum, { openSeconds }) => sum + openSeconds, 0) });
  }
  const recent = past.filter(({ at }) => at >= now - hourMs);
  return { webhook, regime, periods: [...hours, ...recent], fails: bins.some((bin) => bin.at >= now && isFailed(bin)) };
}

function playBin(webhook: number, receiver: Receiver, at: number): OpenPeriod {
  const latencies = new Map<number, number>();
  const bin: OpenPeriod = { step: 300, at, webhook, attempts: 0, failed: 0, latencies, openSeconds: 0 };
  receiver.play(at, at + binMs, (ms) => {
    bin.attempts++;
    if (ms === null) bin.failed++;
    else latencies.set(bucketOf(ms), (latencies.get(bucketOf(ms)) ?? 0) + 1);
  });
  bin.openSeconds = receiver.openSecondsIn(at, at + binMs);
  return bin;
}

/** Writes the past of all examples for the tenant 1, and webhooks for them where there are none. */
export async function storeFailures(sql: Queryable, examples: FailureExample[]): Promise<void> {
  const periods = examples.flatMap(({ periods: some }) => some).filter((p) => p.attempts > 0 || p.openSeconds > 0);
  const times = periods.map(({ at }) => at);
  const [first, last] = times.reduce(([a, b], at) => [Math.min(a, at), Math.max(b, at)], [Number.MAX_VALUE, 0]);
  await sql`select tocsin_internal.keep_history_partitions(${new Date(first)}, ${new Date(last)})`;
  await sql`insert into tocsin_data.webhooks (webhook_id, tenant_id, name, url)
    select u.id, 1, 'simulated ' || u.id, 'https://receiver.test/'
      from unnest(${examples.map(({ webhook }) => webhook)}::integer[]) as u(id)
    on conflict do nothing`;
  for (let from = 0; from < periods.length; from += 50_000) {
    const part = periods.slice(from, from + 50_000);
    const list = <T>(pick: (period: OpenPeriod) => T) => part.map(pick);
    const sorted = ({ latencies }: OpenPeriod) => [...latencies].sort(([a], [b]) => a - b);
    await sql`insert into tocsin_data.history (step_seconds, starts_at, tenant_id, webhook_id, attempts, delivered, given_up, cancelled,
        breaker_open_seconds, rate_limited_seconds, latency_buckets, latency_counts)
      select p.step, to_timestamp(p.at), 1, p.webhook, p.attempts, p.attempts - p.failed, 0, 0, p.open, 0,
             p.buckets::smallint[], p.counts::integer[]
        from unnest(${list(({ step }) => step)}::integer[], ${list(({ at }) => at / 1000)}::float8[],
          ${list(({ webhook }) => webhook)}::integer[], ${list(({ attempts }) => attempts)}::integer[],
          ${list(({ failed }) => failed)}::integer[], ${list(({ openSeconds }) => openSeconds)}::real[],
          ${list((period) => `{${sorted(period).map(([bucket]) => bucket)}}`)}::text[],
          ${list((period) => `{${sorted(period).map(([, n]) => n)}}`)}::text[])
          as p(step, at, webhook, attempts, failed, open, buckets, counts)`;
  }
}
