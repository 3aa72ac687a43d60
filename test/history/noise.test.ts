// Noise is no anomaly: how many false ones a day of looking at stationary traffic makes.
import { beforeEach, describe, expect, test } from 'bun:test';
import { forgetHistory } from '../support/history.ts';
import { simulate, storeSimulation } from '../support/history_simulation.ts';
import { testDatabase } from '../support/postgres.ts';
import { makeSteady, until } from '../support/steady_history.ts';

const { sql } = await testDatabase({ max: 2 });
const hourMs = 3_600_000;
const minuteMs = 60_000;

beforeEach(async () => {
  await sql`truncate tocsin_data.webhooks restart identity cascade`;
  await forgetHistory(sql);
});

const makeWebhooks = (count: number) => sql`insert into tocsin_data.webhooks (tenant_id, name, url, events)
  select 1, 'w' || i, 'https://receiver.test/', '{none}' from generate_series(1, ${count}::integer) as i`;
const find = async (at: number, windowSeconds = 3600) => [
  ...(await sql`select * from tocsin_internal.find_anomalies(1, ${windowSeconds}, ${new Date(at)})`),
];
const judge = async (at: number, zMin: number) => [
  ...(await sql<{ kind: string; subject: string; z: number }[]>`
    select kind, subject, z from tocsin_internal.judge_anomalies(1, 3600, ${new Date(at)}, ${zMin})`),
];

describe('noise', () => {
  test('of 120 webhooks and 40 alert types makes no more than one anomaly in a day of hourly looks', async () => {
    const [webhooks, types] = [120, 40];
    const end = until - hourMs;
    await makeWebhooks(webhooks);
    await storeSimulation(sql, simulate({ webhooks, types, days: 1, until: end, seed: 11 }));
    const found: unknown[] = [];
    const beyond = { 2: 0, 3: 0, 4: 0 };
    let looks = 0;
    for (let at = end - 23 * hourMs; at <= end; at += hourMs) {
      looks += 1;
      found.push(...(await find(at)));
      for (const { z } of await judge(at, 2))
        for (const limit of [2, 3, 4] as const) if (Math.abs(z) > limit) beyond[limit] += 1;
    }
    const judged = looks * (2 * webhooks + types);
    console.log(
      `  ${found.length} false anomalies in ${looks} looks at ${webhooks} webhooks and ${types} types; of ${judged} scores ` +
        `${beyond[2]} lie beyond 2, ${beyond[3]} beyond 3, ${beyond[4]} beyond 4 ` +
        `(a normal distribution: ${Math.round(judged * 0.0455)}, ${Math.round(judged * 0.0027)}, 1)`,
    );
    expect(found.length).toBeLessThanOrEqual(1);
    expect(beyond[2]).toBeGreaterThan(0);
    expect(beyond[3]).toBeLessThan(judged * 0.0027);
  }, 180_000);

  test('of a steady webhook makes none, at any minute and in any window', async () => {
    await makeWebhooks(1);
    await storeSimulation(sql, makeSteady());
    for (const windowSeconds of [300, 900, 3600, 21_600, 86_400]) {
      for (let at = until - 7 * hourMs; at <= until; at += 37 * minuteMs)
        expect(await find(at, windowSeconds)).toEqual([]);
    }
  }, 60_000);
});
