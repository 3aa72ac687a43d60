// The slow start of a worker: few deliveries at a time after a start or an outage of the database, twice as many every half second.
import { describe, expect, test } from 'bun:test';
import type { Delivery } from '../../src/delivery/batch.ts';
import { Places } from '../../src/delivery/places.ts';
import { startPump } from '../../src/delivery/pump.ts';
import { Ramp } from '../../src/delivery/ramp.ts';
import { createLog } from '../../src/log.ts';
import { until } from '../support/wait.ts';

/** A clock that stands still until it is moved. */
function makeClock() {
  let ms = 1_000;
  const pass = (more: number) => {
    ms += more;
  };
  return { now: () => ms, pass };
}
const makeDelivery = (deliveryId: number): Delivery => ({
  leaseId: 1,
  deliveryId,
  alertId: deliveryId,
  webhookId: deliveryId,
  attempt: 1,
  version: 1,
  body: '{}',
});

describe('the number at a time', () => {
  test('doubles every half second from 32, up to the greatest, and stays there', () => {
    const clock = makeClock();
    const ramp = new Ramp(clock.now);
    const seen: number[] = [];
    for (let n = 0; n < 6; n++) {
      seen.push(ramp.limit(256));
      clock.pass(500);
    }
    expect(seen).toEqual([32, 64, 128, 256, 256, 256]);
    clock.pass(1e15);
    expect([ramp.limit(256), ramp.limit(10), ramp.limit(10_000)]).toEqual([256, 10, 10_000]);
  });

  test('begins anew after an outage, however long that lasted, and only then', () => {
    const clock = makeClock();
    const ramp = new Ramp(clock.now);
    clock.pass(60_000);
    ramp.go();
    expect(ramp.limit(256)).toBe(256);
    for (let n = 0; n < 4; n++) ramp.fail();
    expect(ramp.limit(256)).toBe(256);
    ramp.fail();
    clock.pass(60_000);
    expect(ramp.limit(256)).toBe(32);
    ramp.go();
    expect(ramp.limit(256)).toBe(32);
    clock.pass(1_000);
    ramp.go();
    expect(ramp.limit(256)).toBe(128);
  });
});

test('places let no more start than that, and more by themselves as time passes, though nothing ends', async () => {
  // Each is of a webhook of its own. Those that started are slow by then, and the others have as many places beside them.
  const clock = makeClock();
  const places = new Places(
    256,
    () => new Promise(() => undefined),
    () => undefined,
    new Ramp(clock.now),
  );
  places.add(Array.from({ length: 100 }, (_, n) => makeDelivery(n)));
  expect([places.count, places.waiting]).toEqual([32, 68]);
  clock.pass(500);
  await until(() => places.count === 96, { what: '96 under way' });
  clock.pass(1_000);
  await until(() => places.count === 100, { what: 'all under way' });
  places.clear(() => undefined);
});

test('a worker claims few at first and when the database is back, and in between as many as it may', async () => {
  const clock = makeClock();
  let isAway = false;
  let failures = 0;
  const wanted: number[] = [];
  const empty = { lease_id: null, delivery_ids: null, next_after_webhook_id: 0, next_ready_ms: null, walk_us: null };
  const claim = async ({ p_limit }: { p_limit: number }) => {
    if (isAway) throw new Error('away');
    wanted.push(p_limit);
    return empty;
  };
  const pump = startPump({
    calls: {
      claim_deliveries: claim,
      record_and_claim: claim,
      record_delivery_results: async () => ({}),
      release_leases: async () => {
        if (isAway) throw new Error('away');
      },
    } as never,
    workerId: 1,
    concurrency: 256,
    prepare: async () => undefined,
    deliver: async () => Promise.reject(new Error('nothing is claimed')),
    buckets: () => null,
    alarm: {
      isArmed: () => false,
      arm: async () => false,
      disarm: () => undefined,
      stop: async () => undefined,
    },
    pollMs: 5,
    ramp: new Ramp(clock.now),
    log: createLog({ write: () => void failures++ }),
  });
  const next = async (limit: number) => {
    pump.wake();
    await until(() => wanted.at(-1) === limit, { what: `a claim of ${limit}` });
  };
  await next(32);
  clock.pass(1_000);
  await next(128);
  clock.pass(60_000);
  await next(256);
  isAway = true;
  await until(
    () => {
      pump.wake();
      return failures >= 5;
    },
    { what: 'five errors' },
  );
  clock.pass(60_000);
  isAway = false;
  await next(32);
  clock.pass(60_000);
  await next(256);
  await pump.stop(0);
});
