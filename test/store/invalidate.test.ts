// What is changed in the database by anybody is out of date in every cache at once, and all of it after a lost connection.
import { afterAll, describe, expect, test } from 'bun:test';
import { Epochs } from '../../src/store/epochs.ts';
import { startInvalidation } from '../../src/store/invalidate.ts';
import { openSql } from '../../src/store/sql.ts';
import { claim, makeWebhook, outcomeFor, raise, record } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql, url } = await testDatabase();
const listener = openSql(url, { applicationName: 'test listener' });
const epochs = new Epochs();
/** What was told to Redis. */
const told: string[] = [];
const l2 = {
  get: async () => undefined,
  set: () => undefined,
  invalidate: (tag: string) => void told.push(tag),
  isReady: () => true,
  isAway: () => false,
};
const invalidation = await startInvalidation(listener, epochs, l2);
afterAll(async () => {
  await invalidation.stop();
  await listener.end({ timeout: 1 });
});
const webhookId = await makeWebhook(sql);

/** Runs it as an operator would, with psql where there is one. */
async function type(statement: string): Promise<void> {
  const psql = Bun.which('psql');
  if (!psql) return void (await sql.unsafe(statement));
  const { exitCode, stderr } = Bun.spawnSync([psql, '-qX', '-v', 'ON_ERROR_STOP=1', '-c', statement, url]);
  if (exitCode !== 0) throw new Error(stderr.toString());
}

/** Does it, and resolves with those of these tags that are out of date when the first one is. */
async function changedBy(tags: string[], work: () => Promise<unknown>): Promise<string[]> {
  const before = tags.map((tag) => epochs.sum([tag]));
  const changed = () => tags.filter((tag, i) => epochs.sum([tag]) !== before[i]);
  await work();
  await until(() => changed().length > 0);
  return changed();
}

describe('a cache hears of', () => {
  const tags = ['1:webhooks', '2:webhooks', '1:alerts', '1:tenants', '1:api_keys'];

  test('webhooks that are changed, created and deleted by hand', async () => {
    told.length = 0;
    for (const statement of [
      `update tocsin_data.webhooks set name = 'by hand' where webhook_id = ${webhookId}`,
      `insert into tocsin_data.webhooks (tenant_id, name, url) values (1, 'typed', 'https://receiver.test/')`,
      `delete from tocsin_data.webhooks where name = 'typed'`,
    ])
      expect(await changedBy(tags, () => type(statement))).toEqual(['1:webhooks']);
    expect(new Set(told)).toEqual(new Set(['1:webhooks']));
  });

  test('alerts that are acknowledged by hand', async () => {
    const id = await raise(sql);
    const statement = `update tocsin_data.alerts set status = 'acknowledged', acknowledged_at = now() where alert_id = ${id}`;
    expect(await changedBy(tags, () => type(statement))).toEqual(['1:alerts']);
  });

  test('a tenant that is changed', async () => {
    expect(await changedBy(tags, () => type(`update tocsin_data.tenants set name = name where tenant_id = 1`))).toEqual(
      ['1:tenants'],
    );
  });

  test('a change only when it is committed, and once however many statements made it', async () => {
    const before = epochs.sum(['1:webhooks']);
    await sql.begin(async (tx) => {
      for (let i = 0; i < 20; i++)
        await tx`update tocsin_data.webhooks set name = ${`n${i}`} where webhook_id = ${webhookId}`;
      await sql`select 1`;
      expect(epochs.sum(['1:webhooks'])).toBe(before);
    });
    await until(() => epochs.sum(['1:webhooks']) > before);
    expect(epochs.sum(['1:webhooks'])).toBe(before + 1);
  });

  test('everything, in one word, when more tenants are touched than are worth listing', async () => {
    const before = epochs.sum(['77777:anything']);
    await sql`insert into tocsin_data.tenants (name) select 'many-' || n from generate_series(1, 150) as n`;
    await sql`insert into tocsin_data.webhooks (tenant_id, name, url)
      select tenant_id, 'w', 'https://receiver.test/' from tocsin_data.tenants where name like 'many-%'`;
    await until(() => epochs.sum(['77777:anything']) > before);
  });
});

describe('health', () => {
  const heardHealth = async (work: () => Promise<unknown>) => {
    const before = epochs.sum(['0:health']);
    await work();
    // Announcements come in the order of their commits: what follows shows that there was none.
    const after = epochs.sum(['1:webhooks']);
    await sql`select pg_notify('tocsin_changed', '1:webhooks')`;
    await until(() => epochs.sum(['1:webhooks']) > after);
    return epochs.sum(['0:health']) - before;
  };
  const maintain = async () => void (await sql`select tocsin.run_maintenance()`);

  test('is announced once a round when deliveries succeeded or failed, and not when nothing happened', async () => {
    await maintain();
    expect(await heardHealth(maintain)).toBe(0);
    for (const status of [200, 500]) {
      await raise(sql);
      const deliveries = await claim(sql);
      expect(deliveries.length).toBeGreaterThan(0);
      await record(sql, deliveries, outcomeFor(status));
      told.length = 0;
      expect([status, await heardHealth(maintain)]).toEqual([status, 1]);
      // Redis keeps no version of it: it would have to lie on every node of a cluster.
      expect(told).not.toContain('0:health');
    }
  });
});

describe('a lost connection', () => {
  test('puts everything out of date when it is back, as nobody knows what was missed', async () => {
    const before = epochs.sum(['5:seldom']);
    const cut = () => sql<{ pid: number }[]>`
      select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'test listener' and datname = current_database()`;
    expect((await cut()).count).toBeGreaterThan(0);
    await sql`update tocsin_data.webhooks set name = 'missed' where webhook_id = ${webhookId}`;
    await until(() => epochs.sum(['5:seldom']) > before);
    expect(await changedBy(['1:webhooks'], () => type(`update tocsin_data.webhooks set name = 'heard'`))).toEqual([
      '1:webhooks',
    ]);
    // And again, and again.
    for (let i = 0; i < 3; i++) {
      const round = epochs.sum(['5:seldom']);
      await cut();
      await until(() => epochs.sum(['5:seldom']) > round);
    }
  });
});
