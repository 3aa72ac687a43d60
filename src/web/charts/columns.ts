// Turns timeseries into the columns that charts draw: gaps filled, counts as rates per second.
import type { TimePoint } from '../api/dashboard_types.ts';

/** Columns as uPlot takes them: seconds first, then one column per line. */
export type Columns = [number[], ...(number | null)[][]];

export interface Span {
  sinceMs: number;
  untilMs: number;
  stepSeconds: number;
}

/** One step of a span; times in seconds since 1970. */
export interface Step {
  startsAt: number;
  /** The end of the span where the step is not over yet. */
  endsAt: number;
  point: TimePoint | undefined;
}

const STEPS_MAX = 2_000;

/** Every step of the span, also those without figures. */
export function fillSteps(points: readonly TimePoint[], span: Span): Step[] {
  const step = span.stepSeconds;
  const bySlot = new Map(points.map((point) => [Math.floor(Date.parse(point.at) / 1_000 / step), point]));
  const first = Math.floor(span.sinceMs / 1_000 / step);
  const last = Math.min(Math.ceil(span.untilMs / 1_000 / step) - 1, first + STEPS_MAX);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({
    startsAt: (first + index) * step,
    endsAt: Math.min((first + index + 1) * step, span.untilMs / 1_000),
    point: bySlot.get(first + index),
  }));
}

/** A step that has just begun would show a rate out of almost nothing. */
const SECONDS_MIN = 5;

/** Seconds, delivered per second, failed per second below zero; each step where it ends. */
export function throughput(points: readonly TimePoint[], span: Span): Columns {
  const steps = fillSteps(points, span).filter((step) => step.endsAt - step.startsAt >= SECONDS_MIN);
  const rate = (count: number | undefined, { startsAt, endsAt }: Step) => (count ?? 0) / (endsAt - startsAt);
  return [
    steps.map(({ endsAt }) => endsAt),
    steps.map((step) => rate(step.point?.delivered, step)),
    steps.map((step) => -rate(step.point?.failed, step)),
  ];
}

/** Seconds, p50, p95, p99 in milliseconds; null, a gap, where nothing was delivered. */
export function latency(points: readonly TimePoint[], span: Span): Columns {
  const steps = fillSteps(points, span);
  const column = (key: 'p50_ms' | 'p95_ms' | 'p99_ms') => steps.map(({ point }) => positive(point?.[key]));
  return [steps.map(({ endsAt }) => endsAt), column('p50_ms'), column('p95_ms'), column('p99_ms')];
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
