// Tests how the page writes moments and durations.
import { describe, expect, test } from 'bun:test';
import { absolute, clock, clockSeconds, duration, iso, relative } from '../../src/web/format/times.ts';

const now = Date.parse('2026-11-22T14:00:00Z');

describe('durations', () => {
  test('have the largest unit that fits, and the next one where it helps', () => {
    const seconds = [0, 59, 60, 131, 3_599, 3_600, 4_800, 36_000, 90_000, 864_000];
    expect(seconds.map(duration)).toEqual([
      '0 s',
      '59 s',
      '1 m',
      '2 m',
      '60 m',
      '1 h',
      '1 h 20 m',
      '10 h',
      '1 d 1 h',
      '10 d',
    ]);
  });

  test('are never negative', () => {
    expect(duration(-5)).toBe('0 s');
  });
});

describe('moments', () => {
  test('are said relative to now, in both directions', () => {
    expect(relative('2026-11-22T13:58:00Z', now)).toBe('2 m ago');
    expect(relative('2026-11-22T14:02:00Z', now)).toBe('in 2 m');
    expect(relative(now + 900, now)).toBe('now');
  });

  test('of another day have the day', () => {
    expect(clock('2026-11-22T13:02:00Z', now, 'UTC')).toBe('13:02');
    expect(clock('2026-11-21T13:02:00Z', now, 'UTC')).toBe('21 Nov, 13:02');
  });

  test('of the same day in one zone may be of another day in another', () => {
    const evening = Date.parse('2026-11-22T23:30:00Z');
    expect(clock('2026-11-22T00:30:00Z', evening, 'UTC')).toBe('00:30');
    expect(clock('2026-11-22T00:30:00Z', evening, 'Asia/Tokyo')).toBe('22 Nov, 09:30');
  });

  test('are absolute to the second in local time, and ISO for copying', () => {
    expect(absolute('2026-11-22T13:02:11Z', 'Europe/Amsterdam')).toBe('22 Nov 2026, 14:02:11');
    expect(clockSeconds('2026-11-22T13:02:11Z', 'UTC')).toBe('13:02:11');
    expect(iso(now)).toBe('2026-11-22T14:00:00.000Z');
  });
});
