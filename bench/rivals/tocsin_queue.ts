// Drains Tocsin's queue as its worker does, without sending: records a batch and claims the next in one round trip.
import type { ClaimArguments } from '../../src/delivery/batch.ts';
import { readClaim, recordArguments } from '../../src/delivery/batch.ts';
import { BUCKET_COUNT } from '../../src/delivery/buckets.ts';
import { Lanes } from '../../src/delivery/lanes.ts';
import { makeApi } from '../../src/store/api.ts';
import type { Sql } from '../../src/store/sql.ts';
import { makeWebhooks, measureServer, queueDeliveries, settle } from '../fixtures.ts';
import { delivered } from './delivered.ts';
import { type DrainOptions, expectAll, type QueueShape, sampleOf } from './queue_shape.ts';

const lanes = { count: 100, fanOut: 10 };

/** All of it on: fair lanes, payloads, attempt log, health, fencing, housekeeping every second. */
export function tocsinQueue(sql: Sql): QueueShape {
  return {
    name: 'Tocsin',
    install: () => makeWebhooks(sql, lanes),
    async fill({ deliveries }) {
      const hot = ['queue', 'leases'].map((name) => `tocsin_data.alert_delivery_${name}`);
      await settle(sql, [...hot, 'tocsin_data.webhook_health_deltas', 'tocsin_data.webhook_health_metrics']);
      await queueDeliveries(sql, { ...lanes, deliveries });
    },
    async drain(options) {
      const api = makeApi(sql);
      const counts: number[] = [];
      const use = await measureServer(sql, async () => {
        const housekeeping = setInterval(() => void api.workers.run_maintenance(), 1000);
        const claimers = Array.from({ length: options.claimers }, (_, index) => claimer(api, options, index));
        counts.push(...(await Promise.all(claimers)));
        clearInterval(housekeeping);
        await api.workers.run_maintenance();
      });
      const done = counts.reduce((sum, count) => sum + count, 0);
      return sampleOf('Tocsin', use, done, options);
    },
  };
}

/** One claimer, owner of every n-th bucket, until a whole round finds nothing. */
async function claimer(api: ReturnType<typeof makeApi>, options: DrainOptions, index: number): Promise<number> {
  const { worker_id } = await api.workers.beat_worker({ p_worker_id: null, p_host: 'bench', p_pid: index });
  const buckets = Array.from({ length: BUCKET_COUNT }, (_, bucket) => bucket);
  const mine = options.claimers === 1 ? null : buckets.filter((bucket) => bucket % options.claimers === index);
  const lanes = new Lanes();
  const nextClaim = (): ClaimArguments => ({
    p_worker_id: worker_id,
    p_limit: options.batch,
    p_lease_ms: 180_000,
    p_busy_webhook_ids: [],
    p_busy_counts: [],
    ...lanes.next(options.batch, mine),
  });
  let claim = nextClaim();
  let done = 0;
  let row = await api.workers.claim_deliveries(claim);
  for (;;) {
    const deliveries = readClaim(row);
    const isWholeRound = lanes.claimed(claim, row, deliveries);
    if (deliveries.length === 0 && isWholeRound) break;
    claim = nextClaim();
    if (deliveries.length === 0) {
      row = await api.workers.claim_deliveries(claim);
      continue;
    }
    const results = deliveries.map((delivery) => ({ delivery, outcome: delivered }));
    const next = await api.workers.record_and_claim({
      ...recordArguments(results, [row.lease_id as number]),
      ...claim,
    });
    expectAll('Tocsin', next.recorded, deliveries.length);
    done += next.recorded;
    row = next;
  }
  await api.workers.remove_worker({ p_worker_id: worker_id });
  return done;
}
