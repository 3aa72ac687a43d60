// Turns timeseries into the columns that charts draw: gaps filled, rates per second, live figures joined to the rollups.
import type { TimePoint } from '../api/dashboard_types.ts';
import type { Sample } from '../live/samples.ts';

/** Columns as uPlot takes them: seconds first, then one column per line. */
export type Columns = [number[], ...(number | null)[][]];

export interface Span {
  sinceMs: number;
  untilMs: number;
  stepSeconds: number;
}

/** Every step of the span, with the point that falls on it or undefined. The newest step, still filling, is left out. */
export function fillSteps(points: readonly TimePoint[], span: Span): { at: number; point: TimePoint | undefined }[] {
  const step = span.stepSeconds;
  const bySlot = new Map(points.map((point) => [Math.floor(Date.parse(point.at) / 1_000 / step), point]));
  const first = Math.floor(span.sinceMs / 1_000 / step);
  const last = Math.min(Math.ceil(span.untilMs / 1_000 / step) - 1, first + 2_000);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({
    at: (first + index) * step,
    point: bySlot.get(first + index),
  }));
}

/** Seconds, delivered per second, failed per second below zero. */
export function throughput(points: readonly TimePoint[], span: Span): Columns {
  const steps = fillSteps(points, span);
  return [
    steps.map(({ at }) => at),
    steps.map(({ point }) => (point?.delivered ?? 0) / span.stepSeconds),
    steps.map(({ point }) => -(point?.failed ?? 0) / span.stepSeconds),
  ];
}

/** Seconds, p50, p95, p99 in milliseconds; null, a gap, where nothing was sent. */
export function latency(points: readonly TimePoint[], span: Span): Columns {
  const steps = fillSteps(points, span);
  const column = (key: 'p50_ms' | 'p95_ms' | 'p99_ms') => steps.map(({ point }) => positive(point?.[key]));
  return [steps.map(({ at }) => at), column('p50_ms'), column('p95_ms'), column('p99_ms')];
}

/** Rollups up to where the live figures begin, then those. */
export function joinThroughput(history: Columns, live: readonly Sample[]): Columns {
  const [times, delivered = [], failed = []] = cutAt(history, live[0]?.atMs);
  const failedOf = (sample: Sample) => (sample.deliveries_per_second * (sample.error_rate_percent ?? 0)) / 100;
  return [
    [...times, ...live.map(({ atMs }) => atMs / 1_000)],
    [...delivered, ...live.map((sample) => sample.deliveries_per_second - failedOf(sample))],
    [...failed, ...live.map((sample) => -failedOf(sample))],
  ];
}

export function joinLatency(history: Columns, live: readonly Sample[]): Columns {
  const [times, p50 = [], p95 = [], p99 = []] = cutAt(history, live[0]?.atMs);
  return [
    [...times, ...live.map(({ atMs }) => atMs / 1_000)],
    [...p50, ...live.map((sample) => positive(sample.p50_latency_ms))],
    [...p95, ...live.map((sample) => positive(sample.p95_latency_ms))],
    [...p99, ...live.map((sample) => positive(sample.p99_latency_ms))],
  ];
}

/** The points of a sparkline, 0 to 1 in both directions, y from the top: from `floor` (zero) up to `top` (the largest). */
export function sparkPoints(
  values: readonly (number | null)[],
  scale: { floor?: number; top?: number } = {},
): { x: number; y: number }[] {
  const known = values.map((value, index) => value ?? values.slice(0, index).findLast((one) => one !== null) ?? 0);
  const floor = Math.min(scale.floor ?? 0, ...known);
  const height = Math.max(scale.top ?? 0, ...known) - floor || 1;
  return known.map((value, index) => ({
    x: known.length < 2 ? 1 : index / (known.length - 1),
    y: 1 - (value - floor) / height,
  }));
}

/** A logarithmic axis has no zero. */
function positive(value: number | null | undefined): number | null {
  return value === null || value === undefined || value <= 0 ? null : value;
}

function cutAt(columns: Columns, atMs: number | undefined): Columns {
  if (atMs === undefined) return columns;
  const end = columns[0].findIndex((at) => at * 1_000 >= atMs);
  return end < 0 ? columns : (columns.map((column) => column.slice(0, end)) as Columns);
}
