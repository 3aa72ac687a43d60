// A worker that claims from floors still finds what lies below them: here every walk is said to be dear, as under an old snapshot.
import { expect, test } from 'bun:test';
import type { ClaimArguments, ClaimRow } from '../../src/delivery/batch.ts';
import { makeApi } from '../../src/store/api.ts';
import { startFlow } from '../support/flow.ts';
import { until } from '../support/wait.ts';

const flow = await startFlow();

test('a delivery that is committed far below the floor of its lane arrives, without anybody waking the worker', async () => {
  const { workers } = makeApi(flow.sql);
  const floors = new Map<number, number>();
  const dear = <T extends ClaimRow>(claim: ClaimArguments, row: T): T => {
    for (const [i, id] of (claim.p_floor_webhook_ids ?? []).entries())
      floors.set(id, claim.p_floor_delivery_ids?.[i] as number);
    return { ...row, walk_us: row.walk_us === null ? null : 20_000 };
  };
  await flow.startWorker({
    calls: {
      ...workers,
      claim_deliveries: async (args) => dear(args, await workers.claim_deliveries(args)),
      record_and_claim: async (args) => dear(args, await workers.record_and_claim(args)),
    },
  });
  const webhook = await flow.makeWebhook();
  const [alert] = await webhook.raise(3);
  await webhook.attempted(3);
  await until(() => floors.has(webhook.id));
  // As a transaction would leave it that was open for ten seconds.
  const [late] = await flow.sql<{ delivery_id: number }[]>`
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
      select tocsin_internal.id_time(d.id), d.id, ${alert as number}, ${webhook.id}, 1, ${webhook.id & 63}, 1
        from (select tocsin_internal.id_at(clock_timestamp() - interval '10 seconds') as id) d
    returning delivery_id`;
  expect(late?.delivery_id as number).toBeLessThan(floors.get(webhook.id) as number);
  const attempts = await webhook.attempted(4, 15_000);
  expect(attempts.map(({ delivery_id }) => delivery_id)).toContain(late?.delivery_id as number);
});
