// Retries: when the next attempt is due, where it waits, when there is none, and that every waiting row can be found.
import { beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import {
  claim,
  countPlaces,
  makeWebhook,
  outcomeFor,
  raise,
  raiseMany,
  record,
  startOver,
  type WebhookColumns,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 4 });
const workers = makeApi(sql).workers;
beforeEach(async () => {
  await startOver(sql);
  await sql`truncate tocsin_data.alert_delivery_log`;
});

/** Seconds from an attempt to the next, as the log has it; null when there is none. */
async function delays(
  retryPolicy: object | undefined,
  answer: [number, number?],
  attempts: number,
): Promise<(number | null)[]> {
  const webhook = await makeWebhook(sql, (retryPolicy ? { retry_policy: retryPolicy } : {}) as WebhookColumns);
  await raise(sql);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    await sql`
      with moved as (delete from tocsin_data.alert_delivery_retries returning *)
        insert into tocsin_data.alert_delivery_queue select * from moved`;
    await sql`update tocsin_data.alert_delivery_queue set due_at = now() - interval '1 second'`;
    await sql`update tocsin_data.webhook_lanes set blocked_until = null, slots_max = null where webhook_id = ${webhook}`;
    const batch = await claim(sql);
    if (batch.length === 0) break;
    await record(sql, batch, outcomeFor(...answer));
  }
  const rows = await sql<{ delay: number | null }[]>`
    select extract(epoch from next_attempt_at - attempted_at)::float as delay from tocsin_data.alert_delivery_log
     where webhook_id = ${webhook} order by attempt`;
  return rows.map((row) => row.delay);
}

/** Each delay is the wanted one, give or take 10 %. */
function expectDelays(found: (number | null)[], wanted: (number | null)[]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((delay, i) => {
    const want = wanted[i] as number | null;
    if (want === null) expect(delay).toBeNull();
    else expect(delay as number).toBeWithin(want * 0.899, want * 1.101 + 0.001);
  });
}

describe('the next attempt', () => {
  test('follows the schedule of Standard Webhooks, and after the tenth attempt there is none', async () => {
    const found = await delays(undefined, [500], 12);
    expectDelays(found, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, null]);
    expect(await countPlaces(sql)).toEqual({ log_retrying: 9, log_failed: 1 });
  });

  test.each([
    ['a schedule of its own, its length the number of retries', { schedule: [1, 2, 600] }, [1, 2, 600, null]],
    ['a schedule whose last entry goes on', { schedule: [1, 7], max_retries: 4 }, [1, 7, 7, 7, null]],
    [
      'a base that doubles up to the maximum',
      { backoff_base: 10, max_backoff: 35, max_retries: 4 },
      [10, 20, 35, 35, null],
    ],
    ['the default schedule cut short', { max_retries: 1 }, [5, null]],
    ['no retry at all', { max_retries: 0 }, [null]],
    ['a schedule of nothing but zeros', { schedule: [0] }, [0, null]],
  ])('follows %s', async (_, policy, wanted) => {
    expectDelays(await delays(policy, [500], 8), wanted);
  });

  test('comes no sooner than the receiver asks, up to a day, and no sooner than the schedule says', async () => {
    expectDelays(await delays({ max_retries: 1 }, [503, 120], 1), [120]);
    expectDelays(await delays({ max_retries: 1 }, [429, 1], 1), [5]);
    expectDelays(await delays({ max_retries: 1 }, [500, 1_000_000], 1), [86_400]);
  });

  test('waits in the queue when it is due within two minutes, else among the retries until ten seconds before', async () => {
    await makeWebhook(sql, { retry_policy: { schedule: [100, 3600] } });
    await raise(sql);
    await record(sql, await claim(sql), 500);
    expect(await countPlaces(sql)).toEqual({ queue: 1, log_retrying: 1 });
    expect(await claim(sql)).toEqual([]);
    await sql`update tocsin_data.alert_delivery_queue set due_at = now()`;
    await record(sql, await claim(sql), 500);
    expect(await countPlaces(sql)).toEqual({ retries: 1, log_retrying: 2 });
    expect(await workers.run_maintenance()).toMatchObject({ promoted: 0 });
    await sql`update tocsin_data.alert_delivery_retries set due_at = now() + interval '9 seconds'`;
    expect(await workers.run_maintenance()).toMatchObject({ promoted: 1 });
    expect(await claim(sql)).toEqual([]);
    await sql`update tocsin_data.alert_delivery_queue set due_at = now()`;
    expect(await claim(sql)).toMatchObject([{ attempt: 3 }]);
  });
});

describe('a whole webhook', () => {
  const blockedFor = async (webhook: number) => {
    const [row] = await sql`
      select extract(epoch from blocked_until - clock_timestamp())::float as seconds from tocsin_data.webhook_lanes
       where webhook_id = ${webhook}`;
    return (row?.seconds ?? 0) as number;
  };

  test('is left alone for as long as it asks when it is overloaded, and others are not', async () => {
    const [tired, well] = [await makeWebhook(sql), await makeWebhook(sql)];
    await raiseMany(sql, 4);
    const batch = (await claim(sql, { limit: 4 })).filter((d) => d.webhookId === tired);
    await record(sql, batch.slice(0, 1), outcomeFor(429, 600));
    expect(await blockedFor(tired)).toBeWithin(595, 601);
    const next = await claim(sql);
    expect(next.length).toBeGreaterThan(0);
    expect(next.every((d) => d.webhookId === well)).toBeTrue();
    // A success that was under way does not end the pause, and a shorter wish does not shorten it.
    await record(sql, batch.slice(1), 200);
    expect(await blockedFor(tired)).toBeWithin(590, 601);
  });

  test('is left alone for a moment of our choice, an hour at most of theirs', async () => {
    const [brief, long] = [await makeWebhook(sql), await makeWebhook(sql)];
    await raise(sql);
    const batch = await claim(sql);
    await record(sql, batch, (d) => (d.webhookId === brief ? outcomeFor(503) : outcomeFor(429, 100_000)));
    expect(await blockedFor(brief)).toBeWithin(0.5, 3);
    expect(await blockedFor(long)).toBeWithin(3590, 3601);
  });

  test('is disabled by 410 Gone: the delivery has failed, the others wait until someone enables it', async () => {
    const webhook = await makeWebhook(sql);
    await raiseMany(sql, 5);
    const batch = await claim(sql, { limit: 2 });
    await record(sql, batch, 410);
    const [row] = await sql`select is_active, disabled_reason from tocsin_data.webhooks where webhook_id = ${webhook}`;
    expect(row).toEqual({ is_active: false, disabled_reason: 'The receiver answered 410 Gone.' });
    expect(await claim(sql)).toEqual([]);
    await workers.run_maintenance();
    expect(await countPlaces(sql)).toEqual({ parked: 3, log_failed: 2 });
    await makeApi(sql).webhooks.enable_webhook({ p_tenant_id: 1, p_webhook_id: webhook });
    await workers.run_maintenance();
    expect(await claim(sql)).toHaveLength(1);
  });
});

describe('a waiting delivery', () => {
  test('is due at the time of its id or at the next attempt that the log promises, wherever it waits', async () => {
    await makeWebhook(sql, { retry_policy: { schedule: [1, 200, 1, 7200] } });
    await makeWebhook(sql, { ordered: true, retry_policy: { schedule: [1, 200] } });
    const shut = await makeWebhook(sql, { retry_policy: { schedule: [1] } });
    await raiseMany(sql, 12);
    for (let round = 0; round < 12; round++) {
      const batch = await claim(sql, { limit: 6 });
      const codes = [500, 200, 503, 500, 429, 410];
      await record(sql, batch.slice(0, 5), (_, n) => outcomeFor(codes[(n + round) % 5] as number), { closed: [] });
      if (round === 4) await sql`update tocsin_data.webhooks set is_active = false where webhook_id = ${shut}`;
      if (round === 8) await sql`update tocsin_data.webhooks set is_active = true where webhook_id = ${shut}`;
      if (round % 3 === 2)
        await sql`update tocsin_data.alert_delivery_leases set expires_at = now() - interval '1 second'`;
      await workers.run_maintenance();
      await sql`update tocsin_data.webhook_lanes set blocked_until = null, slots_max = null`;
      const lost = await sql`
        select p.place, p.due_at, p.attempt, g.next_attempt_at from (
            select 'queue' as place, * from tocsin_data.alert_delivery_queue
            union all select 'retries', * from tocsin_data.alert_delivery_retries
            union all select 'parked', * from tocsin_data.alert_delivery_parked) p
          left join lateral (select l.next_attempt_at, l.attempt from tocsin_data.alert_delivery_log l
            where l.delivery_id = p.delivery_id order by l.attempt desc limit 1) g on true
         where p.due_at <> tocsin_internal.id_time(p.delivery_id) and p.due_at is distinct from g.next_attempt_at
            or p.attempt <> coalesce(g.attempt, 0) + 1 or p.bucket <> (p.webhook_id & 63)`;
      expect(Array.from(lost)).toEqual([]);
    }
    const places = await countPlaces(sql);
    expect(places.log_retrying).toBeGreaterThan(5);
    expect(places.log_delivered).toBeGreaterThan(3);
  });
});
