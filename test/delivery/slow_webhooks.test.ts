// Which webhooks are slow, and how many places are left to others when they have taken all that there are.
import { describe, expect, test } from 'bun:test';
import type { Delivery } from '../../src/delivery/batch.ts';
import { Flight } from '../../src/delivery/flight.ts';
import { Places } from '../../src/delivery/places.ts';
import { Ramp } from '../../src/delivery/ramp.ts';
import { SlowWebhooks } from '../../src/delivery/slow_webhooks.ts';

/** A clock that stands still until it is moved. */
function makeClock() {
  let ms = 1_000;
  const pass = (more: number) => {
    ms += more;
  };
  return { now: () => ms, pass };
}

describe('a webhook', () => {
  test('is slow from 50 ms on, hangs from two seconds on, and is neither when an answer comes at once', () => {
    const clock = makeClock();
    const slow = new SlowWebhooks(clock.now);
    const levels = () => {
      slow.age();
      return [1, 2, 3].map((id) => slow.levelOf(id));
    };
    const [first, second] = [slow.start(1), slow.start(2)];
    clock.pass(49);
    expect(levels()).toEqual([0, 0, 0]);
    clock.pass(1);
    slow.end(first);
    const third = slow.start(3);
    expect(levels()).toEqual([1, 1, 0]);
    expect([slow.countBelow(1), slow.countBelow(2)]).toEqual([1, 2]);
    clock.pass(1_950);
    expect(levels()).toEqual([1, 2, 1]);
    expect([...slow.from(1)].sort()).toEqual([1, 2, 3]);
    expect([...slow.from(2)]).toEqual([2]);
    for (const request of [second, third]) slow.end(request);
    expect(levels()).toEqual([1, 2, 1]);
    for (const id of [1, 2, 3]) slow.end(slow.start(id));
    expect(levels()).toEqual([0, 0, 0]);
    expect([slow.from(1).size, slow.countBelow(1), slow.countBelow(2)]).toEqual([0, 0, 0]);
  });

  test('that answers some at once is as slow as the longest of its others', () => {
    const clock = makeClock();
    const slow = new SlowWebhooks(clock.now);
    const hanging = slow.start(7);
    clock.pass(5_000);
    slow.end(slow.start(7));
    expect(slow.levelOf(7)).toBe(0);
    slow.age();
    slow.end(slow.start(7));
    expect(slow.levelOf(7)).toBe(2);
    clock.pass(1);
    slow.end(hanging);
    slow.end(slow.start(7));
    expect(slow.levelOf(7)).toBe(0);
  });

  test('counts once however it changes, and few are remembered that have nothing under way', () => {
    const clock = makeClock();
    const slow = new SlowWebhooks(clock.now);
    for (let round = 0; round < 3; round++) {
      const requests = Array.from({ length: 3_000 }, (_, n) => slow.start(n));
      clock.pass(round * 1_500);
      slow.age();
      expect(slow.countBelow(2)).toBe(round < 2 ? 3_000 : 0);
      for (const request of requests) slow.end(request);
      expect([slow.countBelow(1), slow.countBelow(2)]).toEqual([0, 0]);
    }
    expect(slow.from(1).size).toBe(1_000);
  });

  test('that hangs is remembered however many are slow, and of each kind those that were slow lately', () => {
    const clock = makeClock();
    const slow = new SlowWebhooks(clock.now);
    const answer = (webhookId: number, ms: number) => {
      const request = slow.start(webhookId);
      clock.pass(ms);
      slow.end(request);
    };
    for (let n = 1; n <= 1_500; n++) answer(n, 100);
    answer(5_000, 3_000);
    for (let n = 2_001; n <= 3_500; n++) answer(n, 100);
    expect([5_000, 1, 2_500, 3_500].map((id) => slow.levelOf(id))).toEqual([2, 0, 0, 1]);
    for (let n = 6_001; n <= 7_500; n++) answer(n, 2_000);
    expect([5_000, 3_500, 6_500, 6_501, 7_500].map((id) => slow.levelOf(id))).toEqual([0, 0, 0, 2, 2]);
    expect([slow.from(1).size, slow.from(2).size]).toEqual([1_000, 1_000]);
    // Whoever answers at once is forgotten, and leaves its place to another.
    answer(7_500, 0);
    expect(slow.from(1).size).toBe(999);
  });
});

describe('places', () => {
  /** Webhooks below 1000 hang, those below 2000 take 150 ms, and all others answer within the test's moment. */
  function makePlaces(countMax: number) {
    const clock = makeClock();
    const ends = new Map<number, () => void>();
    const places = new Places(
      countMax,
      ({ deliveryId }) => new Promise((resolve) => ends.set(deliveryId, resolve)),
      () => undefined,
      new Ramp(clock.now),
    );
    const flight = new Flight();
    let count = 0;
    clock.pass(60_000);
    return {
      clock,
      places,
      room: () => places.room(flight, 0),
      started: () => [...ends.keys()],
      add(webhookId: number, howMany: number) {
        const deliveries = Array.from({ length: howMany }, (): Delivery => {
          const deliveryId = ++count;
          return { leaseId: 1, deliveryId, alertId: 1, webhookId, attempt: 1, version: 1, body: '{}' };
        });
        flight.begin(deliveries);
        places.add(deliveries);
        return deliveries.map(({ deliveryId }) => deliveryId);
      },
      async end(webhookId: number, deliveryIds: number[]) {
        for (const deliveryId of deliveryIds) {
          flight.end({ webhookId } as Delivery);
          ends.get(deliveryId)?.();
          ends.delete(deliveryId);
        }
        await Promise.resolve();
      },
    };
  }

  test('that are full of what hangs leave a quarter to others, and of these to the quick when the rest is slow', async () => {
    const { clock, places, room, add, end, started } = makePlaces(40);
    add(1, 40);
    expect(room()).toMatchObject({ free: 0, of: 40 });
    clock.pass(3_000);
    expect(room()).toMatchObject({ free: 10, of: 10, below: 2 });
    const slow = add(1_001, 10);
    expect(places.count).toBe(50);
    expect(room().free).toBe(0);
    clock.pass(150);
    expect(room()).toMatchObject({ free: 10, of: 10, below: 1 });
    const quick = add(2_001, 12);
    expect([places.count, places.waiting]).toEqual([60, 2]);
    // Slow ones that were claimed before they were known do not keep the quick ones behind them.
    add(1, 5);
    add(1_001, 5);
    const behind = add(2_002, 1);
    expect(places.waiting).toBe(13);
    clock.pass(5);
    await end(2_001, quick.slice(0, 3));
    expect(started()).toContain(behind[0] as number);
    await end(1_001, slow.slice(0, 1));
    expect([places.count, places.waiting]).toEqual([59, 10]);
    places.clear(() => undefined);
  });

  test('never hold more than twice as many, and look for quick ones again and again, but not all the time', () => {
    const { clock, places, room, add } = makePlaces(40);
    for (let webhookId = 1; webhookId <= 20; webhookId++) {
      add(webhookId, 10);
      clock.pass(3_000);
      places.room(new Flight(), 0);
    }
    expect(places.count).toBe(80);
    places.clear(() => undefined);
    const other = makePlaces(40);
    other.add(1, 40);
    other.clock.pass(3_000);
    expect(other.room().below).toBe(2);
    other.places.claimed(0);
    expect(other.room()).toEqual({ free: 0, of: 40, ahead: 0 });
    other.clock.pass(20);
    expect(other.room().below).toBe(2);
    expect(room().free).toBeLessThanOrEqual(0);
  });
});
