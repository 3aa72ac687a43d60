// The connections of a worker: its loop has one of its own.
import { expect, test } from 'bun:test';
import { openWorkerCalls } from '../../src/store/worker_calls.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql, url } = await testDatabase({ max: 1 });

test('claims of a worker all find the same session, and heartbeats beside them another', async () => {
  const pool = openWorkerCalls(url, { max: 4 });
  const beat = { p_worker_id: null, p_host: 'host', p_pid: 1 };
  const beats = await Promise.all(Array.from({ length: 3 }, () => pool.calls.beat_worker(beat)));
  const claim = {
    p_worker_id: beats[0]?.worker_id as number,
    p_limit: 1,
    p_lease_ms: 1000,
    p_after_webhook_id: 0,
    p_buckets: null,
    p_overdue_ms: 0,
    p_busy_webhook_ids: [],
    p_busy_counts: [],
  };
  for (let i = 0; i < 8; i++) await pool.calls.claim_deliveries(claim);
  // What each session did last.
  const sessions = await sql<{ has_claimed: boolean; n: number }[]>`
    select query like '%claim_deliveries%' as has_claimed, count(*)::integer as n from pg_stat_activity
     where datname = current_database() and application_name = 'tocsin worker' group by 1 order by 1`;
  expect([...sessions]).toEqual([
    { has_claimed: false, n: 3 },
    { has_claimed: true, n: 1 },
  ]);
  await pool.end();
});
