// Workers: woken when they sleep, many at once on one database, stopped without loss, and never held up by one bad delivery.
import { expect, test } from 'bun:test';
import type { Worker } from '../../src/delivery/worker.ts';
import { createLog } from '../../src/log.ts';
import { type Flow, startFlow } from '../support/flow.ts';
import type { ReceivedRequest } from '../support/receiver.ts';
import { until } from '../support/wait.ts';

// A poll that never comes: whatever arrives was announced.
const NEVER_MS = 600_000;

const alarmSessions = async (flow: Flow) =>
  Array.from(
    await flow.sql<{ pid: number; is_armed: boolean }[]>`
      select a.pid, exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory' and l.granted) as is_armed
        from pg_stat_activity a where a.datname = current_database() and a.application_name = 'tocsin alarm'`,
  );
const isArmed = async (flow: Flow) => (await alarmSessions(flow)).some(({ is_armed }) => is_armed);
const alertOf = (request: ReceivedRequest) => (request.json().data as { alert_id: number }).alert_id;
const left = async ({ sql }: Flow) => {
  const [row] = await sql`select (select count(*) from tocsin_data.alert_delivery_queue) as queued,
    (select count(*) from tocsin_data.alert_delivery_leases) as leases, (select count(*) from tocsin_data.workers) as workers`;
  return row;
};

const idle = await startFlow();
const crowd = await startFlow();
const stopping = await startFlow();
const poisoned = await startFlow();

test('a worker that sleeps is woken by the commit of a raise in plain SQL', async () => {
  await idle.startWorker({ pollMs: NEVER_MS });
  const webhook = await idle.makeWebhook();
  for (let i = 1; i <= 5; i++) {
    await until(() => isArmed(idle));
    await idle.sql`select tocsin.raise_alert(${webhook.event}, 'by hand')`;
    await webhook.received(i);
  }
});

test('it is woken as well after its listening session was cut', async () => {
  const webhook = await idle.makeWebhook();
  const before = await alarmSessions(idle);
  await idle.sql`select pg_terminate_backend(pid) from unnest(${before.map(({ pid }) => pid)}::integer[]) as pid`;
  // Nobody rings before it listens again, but then it looks by itself; what comes later is announced again.
  await webhook.raise();
  await webhook.received(1);
  await until(async () => {
    const now = await alarmSessions(idle);
    return (
      now.length === before.length &&
      now.some(({ is_armed }) => is_armed) &&
      now.every(({ pid }) => !before.some((old) => old.pid === pid))
    );
  });
  await webhook.raise();
  await webhook.received(2);
});

test('many workers deliver everything exactly once, while some come and some leave', async () => {
  const webhooks = await Promise.all(Array.from({ length: 20 }, () => crowd.makeWebhook({ p_events: ['crowd.*'] })));
  const workers = await Promise.all([1, 2, 3].map(() => crowd.startWorker({ concurrency: 32 })));
  const alerts = Array.from({ length: 100 }, (_, i) => ({ alert_type: 'crowd.x', message: String(i) }));
  const ids = await crowd.api.alerts.raise_alerts({ p_alerts: alerts });
  await crowd.receiver.waitFor(300);
  await Promise.all([crowd.startWorker({ concurrency: 32 }), (workers[0] as Worker).stop()]);
  await crowd.receiver.waitFor(1200);
  await (workers[1] as Worker).stop();
  await until(async () => (await crowd.sql`select from tocsin_data.alert_delivery_log`).count >= 2000);
  expect(crowd.receiver.requests).toHaveLength(2000);
  for (const webhook of webhooks) {
    const seen = (await webhook.received(100)).map(alertOf);
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(await webhook.row()).toMatchObject({
      total_deliveries: 100,
      successful_deliveries: 100,
      pending_deliveries: 0,
    });
  }
  await until(async () => (await left(crowd))?.leases === 0);
  expect(await left(crowd)).toEqual({ queued: 0, leases: 0, workers: 2 });
});

test('a worker that stops finishes what is in flight and leaves the rest to others', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const webhook = await stopping.makeWebhook({ behaviour: { does: 'answer_late', after: promise } });
  const worker = await stopping.startWorker({ concurrency: 8 });
  await webhook.raise(20);
  await webhook.received(8);
  const stopped = worker.stop();
  await webhook.raise(1);
  resolve();
  await stopped;
  expect((await webhook.attempts()).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'delivered'));
  expect(webhook.received(9, 1)).rejects.toThrow('8 of 9');
  expect(await left(stopping)).toEqual({ queued: 13, leases: 0, workers: 0 });
});

test('what a stopping worker cannot finish in time goes back to the queue', async () => {
  const stuck = await stopping.makeWebhook({
    behaviour: [...Array.from({ length: 3 }, () => ({ does: 'hang' }) as const), { does: 'answer' }],
  });
  const worker = await stopping.startWorker();
  await stuck.raise(3);
  await stuck.received(3);
  await worker.stop(50);
  expect(await stuck.attempts()).toEqual([]);
  expect(await left(stopping)).toMatchObject({ leases: 0, workers: 0 });
  await stopping.startWorker();
  expect((await stuck.attempted(3)).map(({ attempt, status }) => [attempt, status])).toEqual([
    [1, 'delivered'],
    [1, 'delivered'],
    [1, 'delivered'],
  ]);
});

test('a result that the database refuses does not keep the others from being recorded', async () => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => void lines.push(line) });
  const bad = await poisoned.makeWebhook({ p_events: ['poison.bad'] });
  const good = await poisoned.makeWebhook({ p_events: ['poison.*'] });
  await poisoned.sql.unsafe(
    `alter table tocsin_data.alert_delivery_log add constraint poison check (webhook_id <> ${bad.id}) not valid`,
  );
  await poisoned.startWorker({ log });
  const alerts = Array.from({ length: 30 }, (_, i) => ({
    alert_type: `poison.${i < 2 ? 'bad' : 'good'}`,
    message: 'm',
  }));
  await poisoned.api.alerts.raise_alerts({ p_alerts: alerts });
  await good.attempted(30);
  await until(() => lines.filter((line) => line.includes('a result cannot be recorded')).length === 2);
  await poisoned.sql`alter table tocsin_data.alert_delivery_log drop constraint poison`;
  await poisoned.sql`update tocsin_data.alert_delivery_leases set expires_at = now()`;
  expect((await bad.attempted(2)).map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  expect(await left(poisoned)).toMatchObject({ queued: 0, leases: 0 });
});
