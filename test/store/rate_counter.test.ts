// Rate limits in memory: how many pass at once and over time, what is said about the rest, and what a check costs.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { MemoryRateCounter } from '../../src/store/rate_counter.ts';

function makeCounter(subjectsMax?: number) {
  const clock = { ms: 5_000 };
  const counter = new MemoryRateCounter(() => clock.ms, subjectsMax);
  return { clock, check: (subject = 'a', limit = 10, seconds = 60) => counter.checkRateLimit(subject, limit, seconds) };
}

describe('a rate limit', () => {
  test('lets the whole limit through at once, and not one more', () => {
    const { check } = makeCounter();
    const verdicts = Array.from({ length: 12 }, () => check());
    expect(verdicts.map(({ isAllowed }) => isAllowed)).toEqual([...Array(10).fill(true), false, false]);
    expect(verdicts.map(({ remaining }) => remaining)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]);
  });

  test('says how long to wait, and a request after so long passes', () => {
    const { clock, check } = makeCounter();
    for (let i = 0; i < 10; i++) check();
    expect(check()).toMatchObject({ isAllowed: false, retryAfterSeconds: 6 });
    clock.ms += 5_999;
    expect(check()).toMatchObject({ isAllowed: false, retryAfterSeconds: 1 });
    clock.ms += 1;
    expect(check()).toMatchObject({ isAllowed: true, remaining: 0, retryAfterSeconds: 0 });
  });

  test('is whole again after a window, and says when that is', () => {
    const { clock, check } = makeCounter();
    const inSeconds = (resetAt: number) => Math.round(resetAt - Date.now() / 1000);
    expect(inSeconds(check().resetAt)).toBeWithin(6, 8);
    for (let i = 0; i < 20; i++) check();
    expect(inSeconds(check().resetAt)).toBeWithin(60, 62);
    clock.ms += 60_000;
    expect(check()).toMatchObject({ isAllowed: true, remaining: 9 });
  });

  test('of one subject leaves the others alone', () => {
    const { check } = makeCounter();
    for (let i = 0; i < 11; i++) check('a');
    expect(check('a').isAllowed).toBe(false);
    expect(check('b')).toMatchObject({ isAllowed: true, remaining: 9 });
  });

  test('holds at every limit: a burst is never above it, and a window never sees more than twice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 3600 }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 500 }),
        (limit, seconds, gaps) => {
          const { clock, check } = makeCounter();
          const passed: number[] = [];
          for (const gap of gaps) {
            clock.ms += gap;
            if (check('s', limit, seconds).isAllowed) passed.push(clock.ms);
          }
          for (const [i, at] of passed.entries()) {
            const near = passed.slice(i);
            expect(near.filter((other) => other === at).length).toBeLessThanOrEqual(limit);
            expect(near.filter((other) => other < at + seconds * 1000).length).toBeLessThanOrEqual(2 * limit);
          }
        },
      ),
    );
  });

  test('gives over a long time exactly its rate to whoever asks without end', () => {
    const { clock, check } = makeCounter();
    let passed = 0;
    for (let i = 0; i < 6_000; i++) {
      if (check().isAllowed) passed++;
      clock.ms += 100;
    }
    expect(passed).toBe(10 + 99);
  });

  test('as high as it may be set still counts', () => {
    const { check } = makeCounter();
    check('a', 1_000_000_000, 60);
    expect(check('a', 1_000_000_000, 60)).toMatchObject({ isAllowed: true, remaining: 999_999_998 });
  });

  test('forgets the subjects that were quiet longest when there are too many', () => {
    const { check } = makeCounter(2);
    for (const subject of ['a', 'b', 'c']) check(subject);
    expect(check('b').remaining).toBe(8);
    expect(check('a').remaining).toBe(9);
  });

  test('costs a few look-ups in a map, however many subjects there are', () => {
    const counter = new MemoryRateCounter();
    const subjects = Array.from({ length: 20_000 }, (_, i) => `1:user:person-${i}`);
    const known = new Map(subjects.map((subject) => [subject, [subject]]));
    const timeOf = (each: (subject: string) => void) => {
      const startedAt = performance.now();
      for (const subject of subjects) each(subject);
      return performance.now() - startedAt;
    };
    // In turns, so that a machine that is busy or slow is so for both; the best of each is what it costs.
    const rounds = Array.from({ length: 9 }, () => [
      timeOf((subject) => counter.checkRateLimit(subject, 100, 60)),
      timeOf((subject) => (known.get(subject) as string[]).push(subject)),
    ]);
    const [cost, lookUp] = [0, 1].map((at) => Math.min(...rounds.map((round) => round[at] as number))) as [
      number,
      number,
    ];
    expect(cost / lookUp).toBeLessThan(25);
  });
});
