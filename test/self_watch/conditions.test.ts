// When something is wrong with Tocsin itself: the decision alone, for every condition.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  type Condition,
  conditions,
  judge,
  LOOKS_TO_CHANGE,
  type Reading,
  type Standing,
} from '../../src/cli/watch_conditions.ts';

const calm: Reading = {
  requests: 10_000,
  serverErrors: 0,
  slowRequests: 0,
  poolShare: 0.1,
  cacheReads: 10_000,
  cacheHits: 9_900,
  disconnectsPerMinute: 0,
  attempts: 10_000,
  failedAttempts: 0,
  workers: 2,
  oldestDueSeconds: 0,
  oldestDueSecondsBefore: 0,
  tenantsNearQueueLimit: 0,
};

/** Just beyond the limit, just within it, and too few events to say. */
const cases: Record<string, { wrong: Partial<Reading>; right: Partial<Reading>; few?: Partial<Reading> }> = {
  'tocsin.api_errors': {
    wrong: { serverErrors: 101 },
    right: { serverErrors: 100 },
    few: { requests: 19, serverErrors: 19 },
  },
  'tocsin.pool_exhausted': { wrong: { poolShare: 0.81 }, right: { poolShare: 0.8 } },
  'tocsin.cache_cold': {
    wrong: { cacheHits: 6_999 },
    right: { cacheHits: 7_000 },
    few: { cacheReads: 99, cacheHits: 0 },
  },
  'tocsin.sockets_dropping': { wrong: { disconnectsPerMinute: 5.1 }, right: { disconnectsPerMinute: 5 } },
  'tocsin.api_slow': {
    wrong: { slowRequests: 101 },
    right: { slowRequests: 100 },
    few: { requests: 19, slowRequests: 19 },
  },
  'tocsin.deliveries_failing': {
    wrong: { failedAttempts: 501 },
    right: { failedAttempts: 500 },
    few: { attempts: 19, failedAttempts: 19 },
  },
  'tocsin.no_worker': { wrong: { workers: 0 }, right: { workers: 1 } },
  'tocsin.lag_growing': {
    wrong: { oldestDueSeconds: 61, oldestDueSecondsBefore: 30 },
    right: { oldestDueSeconds: 61, oldestDueSecondsBefore: 61 },
    few: { oldestDueSeconds: 60 },
  },
  'tocsin.queue_near_limit': { wrong: { tenantsNearQueueLimit: 1 }, right: { tenantsNearQueueLimit: 0 } },
};
const quiet: Standing = { isFiring: false, streak: 0 };

/** The changes that these readings lead to, one after the other. */
function changesOf(condition: Condition, readings: readonly Partial<Reading>[], from = quiet) {
  let standing = from;
  return readings.map((reading) => {
    const { change, ...next } = judge(condition, { ...calm, ...reading }, standing);
    standing = next;
    return change;
  });
}
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test('every condition has its case here', () => {
  expect(Object.keys(cases).sort()).toEqual(conditions.map(({ type }) => type).sort());
});

describe.each(conditions.map((condition) => [condition.type, condition] as const))('%s', (type, condition) => {
  const { wrong, right, few } = cases[type] as (typeof cases)[string];

  test('is entered once, when enough looks in a row agree, and left once', () => {
    const looks = [...times(LOOKS_TO_CHANGE + 3, wrong), ...times(LOOKS_TO_CHANGE + 3, {})];
    const changes = changesOf(condition, looks);
    expect(changes.indexOf('entered')).toBe(LOOKS_TO_CHANGE - 1);
    expect(changes.indexOf('left')).toBe(2 * LOOKS_TO_CHANGE + 2);
    expect(changes.filter(Boolean)).toHaveLength(2);
  });

  test('is not entered at its limit, on one good look between, or where too little happens', () => {
    expect(changesOf(condition, times(20, right)).filter(Boolean)).toEqual([]);
    const mixed = times(4, [...times(LOOKS_TO_CHANGE - 1, wrong), {}]).flat();
    expect(changesOf(condition, mixed).filter(Boolean)).toEqual([]);
    if (few !== undefined) expect(changesOf(condition, times(20, few)).filter(Boolean)).toEqual([]);
  });

  test('is left only well on the good side', () => {
    if (type === 'tocsin.no_worker' || type === 'tocsin.queue_near_limit') return;
    expect(changesOf(condition, times(20, right), { isFiring: true, streak: 0 }).filter(Boolean)).toEqual([]);
    expect(changesOf(condition, times(20, {}), { isFiring: true, streak: 0 }).filter(Boolean)).toEqual(['left']);
  });

  test('says what is wrong, in words with its figure', () => {
    expect(condition.words(condition.value({ ...calm, ...wrong }) as number)).toMatch(/^[A-Z\d].{10,120}[^.]$/);
  });
});

test('whatever happens, entering and leaving take turns, each after enough looks', () => {
  const reading = fc.record({
    requests: fc.nat(1_000),
    serverErrors: fc.nat(1_000),
    slowRequests: fc.nat(1_000),
    poolShare: fc.double({ min: 0, max: 1, noNaN: true }),
    cacheReads: fc.nat(1_000),
    cacheHits: fc.nat(1_000),
    disconnectsPerMinute: fc.nat(20),
    attempts: fc.nat(1_000),
    failedAttempts: fc.nat(1_000),
    workers: fc.nat(2),
    oldestDueSeconds: fc.nat(200),
    oldestDueSecondsBefore: fc.nat(200),
  });
  const runs = fc.array(fc.tuple(reading, fc.integer({ min: 1, max: 12 })), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.constantFrom(...conditions), runs, (condition, parts) => {
      const changes = changesOf(
        condition,
        parts.flatMap(([each, count]) => times(count, each)),
      );
      const at = changes.flatMap((change, look) => (change === undefined ? [] : [{ change, look }]));
      for (const [i, { change, look }] of at.entries()) {
        expect(change).toBe(i % 2 === 0 ? 'entered' : 'left');
        expect(look - (at[i - 1]?.look ?? -1)).toBeGreaterThanOrEqual(LOOKS_TO_CHANGE);
      }
    }),
  );
});
