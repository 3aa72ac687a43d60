// Tests how the page writes numbers.
import { describe, expect, test } from 'bun:test';
import { bytes, count, counted, milliseconds, percent, rate } from '../../src/web/format/numbers.ts';

describe('numbers on the page', () => {
  test('are grouped, and short from a million on', () => {
    expect([0, 999, 1_204, 999_999, 1_284_113].map(count)).toEqual(['0', '999', '1,204', '999,999', '1.3M']);
  });

  test('that are not known are a dash, never NaN', () => {
    for (const write of [count, rate, percent, milliseconds, bytes]) {
      expect([write(null), write(undefined), write(Number.NaN)]).toEqual(['–', '–', '–']);
    }
  });

  test('agree with their noun', () => {
    expect(counted(1, 'webhook')).toBe('1 webhook');
    expect(counted(0, 'webhook')).toBe('0 webhooks');
    expect(counted(2, 'delivery', 'deliveries')).toBe('2 deliveries');
  });

  test('as percentages below a hundred never round up to it', () => {
    expect([100, 99.999, 99.94, 87.26, 0.004].map(percent)).toEqual(['100 %', '99.99 %', '99.94 %', '87.3 %', '0 %']);
  });

  test('as rates keep the digits that matter', () => {
    expect([0, 0.01, 0.44, 12.34, 99.96, 1_240.2].map(rate)).toEqual(['0', '< 0.1', '0.4', '12.3', '100', '1,240']);
  });

  test('as times change their unit', () => {
    expect([0, 0.4, 84.2, 999.4, 1_000, 1_240, 31_000, 90_000].map(milliseconds)).toEqual([
      '0 ms',
      '< 1 ms',
      '84 ms',
      '999 ms',
      '1 s',
      '1.2 s',
      '31 s',
      '1.5 m',
    ]);
  });

  test('as sizes are in powers of 1,024', () => {
    expect([0, 512, 1_024, 3_411_990, 67_108_864].map(bytes)).toEqual([
      '0 B',
      '512 B',
      '1.0 KiB',
      '3.3 MiB',
      '64.0 MiB',
    ]);
  });
});
