// Tests how timeseries become the columns of charts, sparklines and the strip of a day.
import { describe, expect, test } from 'bun:test';
import type { TimePoint } from '../../src/web/api/dashboard_types.ts';
import { fillSteps, latency, sparkPoints, throughput } from '../../src/web/charts/columns.ts';
import { healthStrip } from '../../src/web/charts/strip.ts';
import { addSample, type Sample } from '../../src/web/live/samples.ts';

const start = Date.parse('2026-11-22T14:00:00Z');
const span = { sinceMs: start, untilMs: start + 300_000, stepSeconds: 60 };

function makePoint(minute: number, change: Partial<TimePoint> = {}): TimePoint {
  return {
    at: new Date(start + minute * 60_000).toISOString(),
    delivered: 120,
    failed: 6,
    attempts: 126,
    p50_ms: 20,
    p95_ms: 80,
    p99_ms: 300,
    queue_depth: 0,
    oldest_due_seconds: null,
    ...change,
  };
}

function makeSample(atMs: number, change: Partial<Sample> = {}): Sample {
  return {
    atMs,
    p50_latency_ms: 10,
    p95_latency_ms: 20,
    p99_latency_ms: 30,
    error_rate_percent: 10,
    cache_hit_rate_percent: 99,
    deliveries_per_second: 50,
    queue_depth: 3,
    ...change,
  };
}

describe('a chart', () => {
  test('has every step of its span, those without figures too', () => {
    expect(fillSteps([makePoint(1)], span).map(({ point }) => point?.delivered ?? null)).toEqual([
      null,
      120,
      null,
      null,
      null,
    ]);
  });

  test('shows per second what was counted per step, and hangs what failed below zero', () => {
    const [times, delivered, failed] = throughput([makePoint(0)], span);
    expect(times[0]).toBe(start / 1_000 + 60);
    expect(delivered?.slice(0, 2)).toEqual([2, 0]);
    expect(failed?.slice(0, 2).map((value) => (value === 0 ? 0 : value))).toEqual([-0.1, 0]);
  });

  test('breaks its latency lines where nothing was sent; zero has no place on a logarithmic axis', () => {
    const [, p50, p95] = latency([makePoint(0), makePoint(2, { p50_ms: 0 })], span);
    expect(p50).toEqual([20, null, null, null, null]);
    expect(p95).toEqual([80, null, 80, null, null]);
  });

  test('reckons the step that is not over by the seconds that have passed, and draws it where they end', () => {
    const points = [makePoint(0), makePoint(1, { delivered: 20, failed: 10 })];
    const [times, delivered, failed] = throughput(points, { ...span, untilMs: start + 70_000 });
    expect(times).toEqual([start / 1_000 + 60, start / 1_000 + 70]);
    expect(delivered).toEqual([2, 2]);
    expect(failed).toEqual([-0.1, -1]);
    expect(throughput(points, { ...span, untilMs: start + 62_000 })[0].length).toBe(1);
  });

  test('is made of at most some two thousand points, whatever the span', () => {
    expect(fillSteps([], { sinceMs: 0, untilMs: start, stepSeconds: 60 }).length).toBeLessThanOrEqual(2_001);
  });
});

describe('a sparkline', () => {
  test('begins at zero unless its scale says otherwise', () => {
    expect(sparkPoints([0, 5, 10]).map(({ y }) => y)).toEqual([1, 0.5, 0]);
    expect(sparkPoints([95, 100], { floor: 90, top: 100 }).map(({ y }) => y)).toEqual([0.5, 0]);
  });

  test('carries the last known value over a gap, and lies flat when there is nothing', () => {
    expect(sparkPoints([4, null, 8]).map(({ y }) => y)).toEqual([0.5, 0.5, 0]);
    expect(sparkPoints([0, 0, 0]).map(({ y }) => y)).toEqual([1, 1, 1]);
  });
});

describe('live samples', () => {
  test('are kept every two seconds for fifteen minutes', () => {
    let kept: readonly Sample[] = [];
    for (let second = 0; second < 1_000; second += 1) kept = addSample(kept, makeSample(start + second * 1_000));
    expect(kept.length).toBe(451);
    expect((kept.at(-1)?.atMs ?? 0) - (kept[0]?.atMs ?? 0)).toBeLessThanOrEqual(900_000);
  });
});

describe('the strip of a day', () => {
  test('has a cell per ten minutes, of which the last holds now', () => {
    const cells = healthStrip([], start + 30_000);
    expect(cells.length).toBe(144);
    expect(cells.at(-1)?.atMs).toBe(start);
    expect(cells.every((cell) => cell.state === 'unknown')).toBe(true);
  });

  test('tells well, half well and broken apart', () => {
    const at = (cell: number) => new Date(start - cell * 600_000).toISOString();
    const points = [
      makePoint(0, { at: at(3), delivered: 19, failed: 1 }),
      makePoint(0, { at: at(2), delivered: 10, failed: 2 }),
      makePoint(0, { at: at(1), delivered: 2, failed: 10 }),
    ];
    expect(
      healthStrip(points, start + 30_000)
        .slice(-4)
        .map((cell) => cell.state),
    ).toEqual(['healthy', 'degraded', 'unavailable', 'unknown']);
  });
});
