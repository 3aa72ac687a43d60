// Alerts are counted once each, however late their transaction commits and whatever happens to them meanwhile.
import { beforeEach, describe, expect, test } from 'bun:test';
import type { Queryable } from '../../src/store/sql.ts';
import { forgetHistory } from '../support/history.ts';
import { isBlocked, openTransaction, raise, raiseMany, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase({ max: 12 });

beforeEach(async () => {
  await startOver(sql);
  await forgetHistory(sql);
});

/** One tick as maintenance would make it; ticks are seconds apart, so earlier ones are moved back to make what they saw old. */
async function tick(): Promise<void> {
  await sql`update tocsin_data.history_state set tally_due_at = '-infinity'`;
  await sql`select tocsin_internal.tally_alerts(clock_timestamp())`;
}

/** Moves what is there into the past, so that the seconds that the tally waits for are over. */
async function age(seconds: number): Promise<void> {
  const by = `${seconds} seconds`;
  const shift = seconds * 1024 * 8192;
  await sql`update tocsin_data.alerts set alert_id = alert_id - ${shift}, created_at = created_at - ${by}::interval`;
  await sql`truncate tocsin_data.alert_changes`;
}

const countedBefore = async () => {
  const [state] = await sql<{ id: number }[]>`select counted_before_id as id from tocsin_data.history_state`;
  return state?.id ?? 0;
};

/** The summary less what depends on the clock, and the same by counting. */
async function compare(): Promise<void> {
  const [summary] =
    await sql`select total, pending, acknowledged, resolved, info, oldest_pending_alert_id from tocsin.get_alert_summary(1)`;
  const [truth] = await sql`select count(*) as total, count(*) filter (where status = 'pending') as pending,
      count(*) filter (where status = 'acknowledged') as acknowledged, count(*) filter (where status = 'resolved') as resolved,
      count(*) as info, min(alert_id) filter (where status = 'pending') as oldest_pending_alert_id
    from tocsin_data.alerts where tenant_id = 1`;
  expect(summary).toEqual(truth as never);
}

/** Ticks until everything that is there is in the counts, which other sessions' transactions on this server may delay. */
const tallyAll = (on: Queryable = sql) =>
  until(
    async () => {
      await tick();
      const [left] = await on<{ n: number }[]>`select count(*) as n from tocsin_data.alerts
      where alert_id >= (select counted_before_id from tocsin_data.history_state)`;
      return left?.n === 0;
    },
    { timeoutMs: 30_000, what: 'all alerts are tallied' },
  );

describe('the tally of alerts', () => {
  test('counts what is settled once, and the summary has the rest', async () => {
    await raiseMany(sql, 300);
    await tick();
    await compare();
    await age(60);
    await tallyAll();
    await compare();
    const [hours] = await sql`select sum(info) as info from tocsin_data.alert_hours`;
    expect(hours).toEqual({ info: 300 });
    await raiseMany(sql, 20);
    await tick();
    await compare();
    const [types] =
      await sql`select sum(alerts) as alerts from tocsin_data.alert_type_counts where alert_type = 'test'`;
    expect(types).toEqual({ alerts: 300 });
  }, 60_000);

  test('does not pass by an alert whose transaction is still open', async () => {
    await raiseMany(sql, 10);
    await age(60);
    await using late = await openTransaction(sql);
    const id = await raise(late.sql);
    // As if it had been raised long ago, and others had been raised, counted and settled since.
    await late.sql`update tocsin_data.alerts set alert_id = alert_id - ${40 * 1024 * 8192} where alert_id = ${id}`;
    const rows = await late.sql<{ id: number }[]>`select max(alert_id) as id from tocsin_data.alerts`;
    const oldId = rows[0]?.id ?? 0;
    await sql`update tocsin_data.history_ticks set ticked_at = ticked_at - interval '1 minute'`;
    for (let n = 0; n < 4; n++) {
      await tick();
      // Nothing of what is seen after the late transaction began may be taken for settled, however old its ticks look.
      await sql`update tocsin_data.history_ticks set ticked_at = ticked_at - interval '1 second'`;
    }
    expect(await countedBefore()).toBeLessThanOrEqual(oldId);
    await compare();
    await late.commit();
    await compare();
    await tallyAll();
    await compare();
    const [hours] = await sql`select sum(info) as info from tocsin_data.alert_hours`;
    expect(hours).toEqual({ info: 11 });
  }, 60_000);

  test('knows of an alert that waits for another transaction to let go of its dedupe key', async () => {
    await using first = await openTransaction(sql);
    await raise(first.sql, { p_dedupe_key: 'k' });
    await using second = await openTransaction(sql);
    const raised = raise(second.sql, { p_dedupe_key: 'k' });
    await until(() => isBlocked(sql, second));
    const [waiting] =
      await sql`select backend_xid is not null as is_seen from pg_stat_activity where pid = ${second.pid}`;
    expect(waiting).toEqual({ is_seen: true });
    await first.rollback();
    await raised;
    await second.commit();
    await compare();
  });

  test('follows changes that are committed before, between and after the tick that counts their alert', async () => {
    const ids = await raiseMany(sql, 6);
    await age(60);
    const rows = await sql<{ id: number }[]>`select alert_id as id from tocsin_data.alerts order by 1`;
    const [first, second, third, fourth] = rows.map(({ id }) => id) as [number, number, number, number];
    expect(rows).toHaveLength(ids.length);
    const acknowledge = (on: Queryable, id: number) => on`select tocsin.acknowledge_alert(1, ${id}, 'me')`;
    await acknowledge(sql, first);
    await using open = await openTransaction(sql);
    await acknowledge(open.sql, second);
    await compare();
    // The open transaction began before the ticks, so it holds them back; here they look at the alerts all the same.
    await sql`select tocsin_internal.keep_history_partitions(now() - interval '1 day', now())`;
    const bound = fourth + 1;
    await sql.begin(async (tx) => {
      await tx`select tocsin_internal.tally_chunk(0, ${bound})`;
      await tx`update tocsin_data.history_state set counted_before_id = ${bound}`;
    });
    await compare();
    await open.commit();
    await compare();
    await sql`select tocsin.resolve_alert(1, ${first}, 'me')`;
    await acknowledge(sql, third);
    await compare();
    await tallyAll();
    await compare();
    const [hours] =
      await sql`select sum(pending) as pending, sum(acknowledged) as acknowledged, sum(resolved) as resolved
      from tocsin_data.alert_hours`;
    expect(hours).toEqual({ pending: 3, acknowledged: 2, resolved: 1 });
  }, 60_000);

  test('is right all the time while alerts are raised, changed and counted at once', async () => {
    let isDone = false;
    const raisers = [1, 2, 3].map(async () => {
      for (let n = 0; n < 25; n++) {
        // Nobody raises while alerts are counted, for here the seconds that the tally waits for are left out.
        const ids = await sql.begin(async (tx) => {
          await tx`select pg_advisory_xact_lock_shared(77)`;
          return await raiseMany(tx as unknown as Queryable, 8);
        });
        await sql`select tocsin.acknowledge_alerts(1, ${ids.slice(0, 3)}::bigint[], 'me')`;
        await sql`select tocsin.resolve_alert(1, ${ids[1] as number}, 'me')`;
      }
    });
    const ticker = (async () => {
      while (!isDone) {
        await sql.begin(async (tx) => {
          await tx`select pg_advisory_xact_lock(77)`;
          await tx`select tocsin_internal.keep_history_partitions(now() - interval '1 day', now())`;
          const [state] = await tx<{ since: number; until: number }[]>`select counted_before_id as since,
              greatest(counted_before_id, (select coalesce(max(alert_id), 0) from tocsin_data.alerts)) as until
            from tocsin_data.history_state`;
          if (!state) return;
          await tx`select tocsin_internal.tally_chunk(${state.since}, ${state.until})`;
          await tx`update tocsin_data.history_state set counted_before_id = ${state.until}`;
        });
      }
    })();
    const reader = (async () => {
      while (!isDone) {
        await sql.begin('isolation level repeatable read', async (tx) => {
          const [summary] = await tx`select total, pending, acknowledged, resolved from tocsin.get_alert_summary(1)`;
          const [truth] = await tx`select count(*) as total, count(*) filter (where status = 'pending') as pending,
              count(*) filter (where status = 'acknowledged') as acknowledged, count(*) filter (where status = 'resolved') as resolved
            from tocsin_data.alerts`;
          expect(summary).toEqual(truth as never);
        });
      }
    })();
    await Promise.all(raisers);
    isDone = true;
    await Promise.all([ticker, reader]);
    await compare();
  }, 60_000);
});
