// The risk of failure: better than the base rate on histories that it was not fitted on, as likely as it says, and explained.
import { beforeAll, describe, expect, test } from 'bun:test';
import { judge } from '../../bench/logistic.ts';
import {
  type FailureExample,
  type OpenPeriod,
  simulateFailures,
  storeFailures,
} from '../support/failure_simulation.ts';
import { bucketOf } from '../support/history_simulation.ts';
import { makeWebhook } from '../support/makers.ts';
import { testHttp } from '../support/http.ts';

const http = await testHttp();
const { sql } = http;
const viewer = await http.bearer({ role: 'viewer' });
const NOW = Date.parse('2026-11-22T12:35:00Z');
const minuteMs = 60_000;

type Risk = { probability: number; reason: string; figures: Record<string, never>[] };
const riskAt = async (webhook: number, now: number): Promise<Risk> =>
  (
    await sql<
      Risk[]
    >`select probability, reason, figures from tocsin_internal.failure_risks(1, array[${webhook}::integer], ${new Date(now)})`
  )[0] as Risk;

describe('on histories that it was not fitted on', () => {
  const examples = simulateFailures({ count: 700, firstId: 1000, now: NOW, seed: 77 });
  let said: number[];
  const ends = examples.map(({ fails }) => (fails ? 1 : 0));
  beforeAll(async () => {
    await storeFailures(sql, examples);
    const rows = await sql<{ webhook_id: number; probability: number }[]>`
      select webhook_id, probability from tocsin_internal.failure_risks(1, ${examples.map(({ webhook }) => webhook)}, ${new Date(NOW)})`;
    const byId = new Map(rows.map(({ webhook_id, probability }) => [webhook_id, probability]));
    said = examples.map(({ webhook }) => byId.get(webhook) as number);
  });

  test('its Brier score is well below that of the base rate', () => {
    const { brier, baseBrier, baseRate } = judge(said, ends);
    expect(baseRate).toBeWithin(0.03, 0.15);
    expect(brier).toBeLessThan(0.75 * baseBrier);
  });

  test('what it calls likely happens, and what it calls unlikely does not', () => {
    const shareOf = (isIn: (p: number) => boolean) => {
      const inside = ends.filter((_, n) => isIn(said[n] as number));
      return inside.reduce((sum: number, end) => sum + end, 0) / inside.length;
    };
    expect(shareOf((p) => p < 0.05)).toBeLessThan(0.05);
    expect(shareOf((p) => p > 0.7)).toBeGreaterThan(0.6);
    expect(shareOf((p) => p >= 0.05 && p <= 0.7)).toBeWithin(0.05, 0.5);
  });
});

/** A webhook with so many attempts in each five minutes of the last hour and each of the 24 hours before. */
async function play(changes: { perBin?: number; failed?: number; ms?: number; open?: number; now?: number }) {
  const { perBin = 20, failed = 0, ms = 50, open = 0, now = NOW } = changes;
  const webhook = await makeWebhook(sql);
  const period = (step: number, at: number, n: number, bad: number, latency: number, openSeconds = 0): OpenPeriod => ({
    step,
    at,
    webhook,
    attempts: n,
    failed: bad,
    latencies: n > bad ? new Map([[bucketOf(latency), n - bad]]) : new Map(),
    openSeconds,
  });
  const hour = Math.floor((now - 60 * minuteMs) / (60 * minuteMs)) * 60 * minuteMs;
  const hours = Array.from({ length: 24 }, (_, n) => period(3600, hour - (n + 1) * 60 * minuteMs, perBin * 12, 0, 50));
  const bins = Array.from({ length: 12 }, (_, n) => {
    const isLate = n >= 9;
    return period(300, now - (12 - n) * 5 * minuteMs, perBin, isLate ? failed : 0, isLate ? ms : 50, isLate ? open : 0);
  });
  const example: FailureExample = { webhook, regime: 'steady', periods: [...hours, ...bins], fails: false };
  await storeFailures(sql, [example]);
  return webhook;
}

describe('the probability', () => {
  test('rises with failures, with latency and with an open breaker, and is small for who is well or unknown', async () => {
    const riskOf = async (changes: Parameters<typeof play>[0]) => (await riskAt(await play(changes), NOW)).probability;
    const byFailures = [
      await riskOf({}),
      await riskOf({ failed: 2 }),
      await riskOf({ failed: 8 }),
      await riskOf({ failed: 16 }),
    ];
    expect(byFailures).toEqual(byFailures.toSorted((a, b) => a - b));
    expect(new Set(byFailures).size).toBe(4);
    expect(byFailures[0] as number).toBeLessThan(0.02);
    expect(byFailures[3] as number).toBeGreaterThan(0.1);
    const byLatency = [byFailures[0] as number, await riskOf({ ms: 150 }), await riskOf({ ms: 800 })];
    expect(byLatency).toEqual(byLatency.toSorted((a, b) => a - b));
    expect(byLatency[2] as number).toBeGreaterThan(10 * (byLatency[0] as number));
    expect(await riskOf({ failed: 5, open: 280 })).toBeGreaterThan(0.5);
    expect((await riskAt(await makeWebhook(sql), NOW)).probability).toBeLessThan(0.05);
  });

  test('is as high with a thousand times the traffic', async () => {
    const [few, many] = [await play({ perBin: 20, failed: 10 }), await play({ perBin: 20_000, failed: 10_000 })];
    expect((await riskAt(many, NOW)).probability).toBeGreaterThanOrEqual((await riskAt(few, NOW)).probability);
  });

  test('follows from the figures that come with it', async () => {
    const { probability, figures, reason } = await riskAt(await play({ failed: 10 }), NOW);
    expect(reason).toContain('30 of 60 attempts failed in the last quarter of an hour');
    const all = figures as unknown as { name: string; value: number; weight: number; contribution: number }[];
    const logit = all.reduce((sum, { contribution }) => sum + contribution, 0);
    expect(1 / (1 + Math.exp(-logit))).toBeCloseTo(probability, 3);
    for (const { value, weight, contribution } of all) expect(value * weight).toBeCloseTo(contribution, 2);
    const [model] =
      await sql`select tocsin_internal.failure_weights() as weights, tocsin_internal.failure_feature_names() as names`;
    expect(all.map(({ name }) => name)).toEqual(['constant', ...(model?.names ?? [])]);
    expect(all.map(({ weight }) => weight)).toEqual(model?.weights as number[]);
  });
});

describe('who asks', () => {
  test('gets it by HTTP for a webhook of its tenant, and 404 for others', async () => {
    const webhook = await play({ failed: 19, open: 200, now: Math.floor(Date.now() / 300_000) * 300_000 });
    const { status, json } = await http.get(`/api/v1/webhooks/${webhook}/failure-risk`, viewer);
    expect(status).toBe(200);
    expect(json).toMatchObject({ webhook_id: webhook, failed_last_hour: 57 });
    // Five minutes may end in between.
    expect(json.attempts_last_hour).toBeWithin(220, 241);
    expect(json.probability).toBeGreaterThan(0.3);
    const [tenant] = await sql`insert into tocsin_data.tenants (name) values ('theirs') returning tenant_id`;
    const theirs = await makeWebhook(sql, { tenant_id: tenant?.tenant_id as number });
    expect((await http.get(`/api/v1/webhooks/${theirs}/failure-risk`, viewer)).status).toBe(404);
    await expect(sql`select * from tocsin.get_failure_risk(99999999)`).rejects.toMatchObject({ code: 'NTFND' });
    const [first] = await sql`select webhook_id, probability from tocsin.v_failure_risk limit 1`;
    expect(first).toMatchObject({ webhook_id: webhook });
    expect(first?.probability).toBeGreaterThan(0.3);
  });

  test('gets the risks of all active webhooks in pages', async () => {
    const page = (await http.get('/api/v1/dashboard/failure-risks?page_size=5', viewer)).json;
    expect(page.items).toHaveLength(5);
    const [count] = await sql`select count(*)::integer from tocsin_data.webhooks where tenant_id = 1 and is_active`;
    expect(page.total).toBe(count?.count);
    const next = (await http.get(`/api/v1/dashboard/failure-risks?page_size=5&cursor=${page.next_cursor}`, viewer))
      .json;
    expect(next.items[0].webhook_id).toBeGreaterThan(page.items[4].webhook_id);
  });
});
