// Where a worker's next claim looks: at the lanes that it knows, and often enough at all of them.
import { expect, test } from 'bun:test';
import type { ClaimRow, Delivery } from '../../src/delivery/batch.ts';
import { type LaneArguments, Lanes } from '../../src/delivery/lanes.ts';

type Given = { walkUs?: number; nextAfter?: number; limit?: number; attempt?: number };

/** Lanes with a clock of their own; `claim` plays one claim that gives these deliveries, by webhook. */
function makeLanes() {
  const clock = { ms: 0 };
  const lanes = new Lanes(() => clock.ms);
  const answer = (asked: LaneArguments, given: Record<number, number[]>, options: Given = {}) => {
    const deliveries = Object.entries(given).flatMap(([id, deliveryIds]) =>
      deliveryIds.map(
        (deliveryId) => ({ webhookId: Number(id), deliveryId, attempt: options.attempt ?? 1 }) as Delivery,
      ),
    );
    const row = {
      next_after_webhook_id: options.nextAfter ?? 0,
      walk_us: asked.p_walks === false ? null : (options.walkUs ?? 100),
    };
    return lanes.claimed({ ...asked, p_limit: options.limit ?? 100 }, row as ClaimRow, deliveries);
  };
  const claim = (given: Record<number, number[]>, options: Given = {}) => {
    const asked = lanes.next(options.limit ?? 100, null);
    return { asked, isAll: answer(asked, given, options) };
  };
  return { clock, lanes, claim, answer };
}

/** Five deliveries each of lanes 1 to 20, from an id on. */
const twenty = (from: number) =>
  Object.fromEntries(Array.from({ length: 20 }, (_, i) => [i + 1, [0, 1, 2, 3, 4].map((n) => from + n)]));

test('lanes that gave enough are asked next, in turn and from their last delivery on, and no walk is made', () => {
  const { claim } = makeLanes();
  expect(claim(twenty(100), { nextAfter: 20 })).toEqual({
    asked: expect.objectContaining({ p_walks: true, p_floor_webhook_ids: [], p_after_webhook_id: 0 }),
    isAll: false,
  });
  const { asked } = claim(twenty(200));
  expect(asked.p_walks).toBe(false);
  expect(asked.p_floor_webhook_ids).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(asked.p_floor_delivery_ids).toEqual(Array(12).fill(104));
});

test('a lane that gave nothing is not asked again, and a claim that brought less than half is followed by a walk', () => {
  const { claim } = makeLanes();
  claim(twenty(100));
  expect(claim({ 1: Array.from({ length: 60 }, (_, n) => 200 + n) }).asked.p_walks).toBe(false);
  // Of the twenty, twelve were asked, and eleven had nothing.
  expect(claim({ 13: [300] }).asked.p_walks).toBe(true);
  expect(claim({}).asked.p_walks).toBe(true);
});

test('lanes that gave one delivery each are not taken to have more, however many they were: a walk comes next', () => {
  const { claim } = makeLanes();
  const sixty = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [i + 1, [100 + i]]));
  expect(claim(sixty).asked.p_walks).toBe(true);
  expect(claim(twenty(200)).asked.p_walks).toBe(true);
  expect(claim(twenty(300)).asked.p_walks).toBe(false);
});

test('a claim has taken all when it looked at all lanes, was given less than half, and each lane less than its share', () => {
  const perLane = (count: number, lanes: number) =>
    Object.fromEntries(
      Array.from({ length: lanes }, (_, i) => [i + 1, Array.from({ length: count }, (_, n) => 100 + n)]),
    );
  const isAllOf = (count: number, lanes: number, options?: Given) =>
    makeLanes().claim(perLane(count, lanes), options).isAll;
  expect([isAllOf(0, 0), isAllOf(1, 10), isAllOf(4, 10), isAllOf(49, 1)]).toEqual([true, true, true, true]);
  expect([isAllOf(5, 10), isAllOf(1, 51), isAllOf(50, 1)]).toEqual([false, false, false]);
  const { claim, clock } = makeLanes();
  claim({ 1: [100] }, { nextAfter: 1 });
  clock.ms = 50;
  expect(claim({ 2: [200] })).toMatchObject({ asked: { p_after_webhook_id: 1 }, isAll: false });
});

test('all lanes are looked at every 50 ms, where the last walk ended', () => {
  const { claim, clock } = makeLanes();
  claim(twenty(100), { nextAfter: 20 });
  clock.ms = 49;
  expect(claim(twenty(200), { nextAfter: 20 }).asked.p_walks).toBe(false);
  clock.ms = 50;
  expect(claim(twenty(300)).asked).toEqual(expect.objectContaining({ p_walks: true, p_after_webhook_id: 20 }));
});

test('walks that are dear come less often and begin at the floors, in the order of the index', () => {
  const { claim, clock } = makeLanes();
  claim({ ...twenty(100), 65: [90], 64: [91] }, { walkUs: 20_000 });
  clock.ms = 199;
  expect(claim(twenty(200)).asked.p_walks).toBe(false);
  clock.ms = 200;
  const { asked } = claim(twenty(300));
  expect(asked.p_walks).toBe(true);
  expect(asked.p_floor_webhook_ids?.slice(0, 4)).toEqual([64, 1, 65, 2]);
  expect(asked.p_floor_delivery_ids?.slice(0, 4)).toEqual([91, 204, 90, 204]);
});

test('a sweep is due each second or after ten times what the last one took, has no floors, and goes on where it ended', () => {
  const { lanes, clock, answer } = makeLanes();
  const sweeps: unknown[] = [];
  for (const ms of [0, 999, 1000, 1001, 4000, 4001, 31_000]) {
    clock.ms = ms;
    if (!lanes.isSweepDue()) continue;
    const asked = lanes.sweep();
    sweeps.push([ms, asked.p_after_webhook_id, asked.p_floor_webhook_ids]);
    expect(answer(asked, {}, { nextAfter: 7, walkUs: ms === 1000 ? 300_000 : 100 })).toBe(false);
  }
  expect(sweeps).toEqual([
    [0, 0, undefined],
    [1000, 7, undefined],
    [4000, 7, undefined],
    [31_000, 7, undefined],
  ]);
});

test('a sweep that finds something below a floor lowers it', () => {
  const { claim, lanes, answer } = makeLanes();
  claim(twenty(1000));
  answer(lanes.sweep(), { 3: [10, 12] });
  const { asked } = claim(twenty(2000));
  expect(asked.p_floor_delivery_ids?.[2]).toBe(12);
});

test('a later attempt sets no floor: it became due at another time than its id tells', () => {
  const { claim } = makeLanes();
  claim(twenty(100), { attempt: 2 });
  expect(claim(twenty(200)).asked.p_floor_delivery_ids).toEqual(Array(12).fill(0));
});

test('lanes of buckets that went to another worker are not asked', () => {
  const { claim, lanes } = makeLanes();
  claim(twenty(100));
  const asked = lanes.next(100, [1, 2, 3]);
  expect(asked).toEqual(expect.objectContaining({ p_walks: true, p_buckets: [1, 2, 3] }));
});

test('nothing is known after all was forgotten, and of thousands of lanes those claimed last', () => {
  const { claim, lanes } = makeLanes();
  for (let from = 0; from < 2500; from += 100) {
    claim(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [from + i + 1, [from + 1]])), { walkUs: 9_000 });
  }
  const { asked } = claim({}, { walkUs: 9_000, limit: 100_000 });
  expect(asked.p_floor_webhook_ids?.length).toBe(1000);
  expect(Math.min(...(asked.p_floor_webhook_ids ?? []))).toBe(1501);
  lanes.clear();
  expect(claim({}, { limit: 100_000 }).asked.p_floor_webhook_ids).toEqual([]);
});

/** So many lanes from id 1 on, each with so many deliveries. */
const lanesOf = (count: number, each: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [i + 1, Array.from({ length: each }, (_, n) => 100 + n)]));

test('a claim is made of known lanes from a thirty-second as many as deliveries are wanted, twelve at least, an eighth at most', () => {
  const nextOf = (known: number, each: number, limit: number) => {
    const { claim, lanes } = makeLanes();
    claim(lanesOf(known, each), { limit });
    const { p_walks, p_floor_webhook_ids } = lanes.next(limit, null);
    return p_walks ? 'walk' : p_floor_webhook_ids?.length;
  };
  expect([11, 12, 13].map((known) => nextOf(known, 8, 100))).toEqual(['walk', 12, 12]);
  expect([14, 15, 61, 62, 63].map((known) => nextOf(known, 20, 500))).toEqual(['walk', 15, 61, 62, 62]);
  // A small claim too, though it cannot serve all twelve.
  expect([11, 12].map((known) => nextOf(known, 2, 5))).toEqual(['walk', 12]);
});

/**
 * Claims on and on from lanes that hold `backlog` deliveries each, and from lane 40 (bucket 40), to which one comes every 170 ms. The
 * longest that one waited there, and the longest that another lane went without.
 */
function play(count: number, { backlog, limit, claimMs }: { backlog: number; limit: number; claimMs: number }) {
  const { clock, lanes, answer } = makeLanes();
  const late = 40;
  const all = [...Array.from({ length: count }, (_, i) => 1001 + i), late].sort((a, b) => (a & 63) - (b & 63) || a - b);
  const left = new Map(all.map((id) => [id, id === late ? 0 : backlog]));
  const servedAt = new Map(all.map((id) => [id, 0]));
  let raisedAt = 0;
  let lateMs = 0;
  let longestMs = 0;
  for (let drawn = 1; clock.ms < 3000; clock.ms += claimMs) {
    if (left.get(late) === 0 && clock.ms - raisedAt >= 170) {
      left.set(late, 1);
      raisedAt = clock.ms;
    }
    const asked = lanes.next(limit, null);
    const from = asked.p_walks ? all.indexOf(asked.p_after_webhook_id) + 1 : 0;
    const ahead = asked.p_walks ? all.slice(from) : (asked.p_floor_webhook_ids ?? []);
    const able = ahead.filter((id) => (left.get(id) ?? 0) > 0).slice(0, Math.max(limit >> 3, 12));
    const given: Record<number, number[]> = {};
    for (const [n, id] of able.entries()) {
      const share = Math.floor(limit / able.length) + Number(n < limit % able.length);
      const taken = Math.min(share, left.get(id) as number);
      given[id] = Array.from({ length: taken }, () => drawn++);
      left.set(id, (left.get(id) as number) - taken);
      if (taken === 0) continue;
      if (id === late) lateMs = Math.max(lateMs, clock.ms - raisedAt);
      else longestMs = Math.max(longestMs, clock.ms - (servedAt.get(id) as number));
      servedAt.set(id, clock.ms);
    }
    const isEnd = able.at(-1) === ahead.at(-1) || able.length < Math.max(limit >> 3, 12);
    answer(asked, given, {
      limit,
      nextAfter: asked.p_walks ? (isEnd ? 0 : (able.at(-1) as number)) : asked.p_after_webhook_id,
    });
  }
  return { lateMs, longestMs };
}

test('while known lanes give more than can be sent, what comes to another waits for no more than the walks that pass all lanes', () => {
  // One walk passes all: whatever comes waits for the next one.
  const few = play(20, { backlog: 1e6, limit: 500, claimMs: 3 });
  expect(few.lateMs).toBeWithin(1, 50 + 3 + 1);
  expect(few.longestMs).toBeLessThanOrEqual(50 + 3);
  // Two walks pass all.
  const many = play(100, { backlog: 1e6, limit: 500, claimMs: 3 });
  expect(many.lateMs).toBeWithin(1, 2 * (50 + 3) + 1);
  expect(many.longestMs).toBeLessThanOrEqual(2 * (50 + 3));
  expect(play(100, { backlog: 1e6, limit: 100, claimMs: 7 }).longestMs).toBeLessThanOrEqual(9 * (50 + 7));
});
