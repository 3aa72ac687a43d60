// The four figures of the overview, each with the line of its last 15 minutes: rollups, then what the socket brings.
import type { Overview } from '../api/dashboard_types.ts';
import { fillSteps } from '../charts/columns.ts';
import { Sparkline } from '../charts/sparkline.tsx';
import { now } from '../clock.ts';
import { count, milliseconds, percent, rate } from '../format/numbers.ts';
import { duration } from '../format/times.ts';
import { newest, samples } from '../live/samples.ts';
import { getTimeseries } from '../stores/figures.ts';
import { useResource } from '../stores/resource.ts';
import { LATE_SECONDS, type Waiting } from '../words/overview.ts';

const SPAN_MS = 15 * 60_000;
const STEP_SECONDS = 60;

export function Figures({ overview }: { overview: Overview | undefined }) {
  const waiting = waitingOf(overview);
  const lines = useSparks();
  const live = newest.value;
  const success = live?.error_rate_percent != null ? 100 - live.error_rate_percent : overview?.success_rate_percent;
  return (
    <section class="figures" aria-label="Figures">
      <Figure
        name="Deliveries per second"
        value={rate(live?.deliveries_per_second ?? lines.perSecond.at(-1))}
        values={lines.perSecond}
      >
        {overview ? `${count(overview.total_deliveries)} attempts so far` : ''}
      </Figure>
      <Figure name="Success rate" value={percent(success)} values={lines.success} floor={90} top={100}>
        {overview ? `${count(overview.failed_deliveries)} attempts failed so far` : ''}
      </Figure>
      <Figure name="Latency, p95" value={milliseconds(live?.p95_latency_ms ?? lines.p95.at(-1))} values={lines.p95}>
        {live ? `p50 ${milliseconds(live.p50_latency_ms)} · p99 ${milliseconds(live.p99_latency_ms)}` : ''}
      </Figure>
      <Figure name="Waiting" value={count(waiting.count)} values={lines.waiting}>
        {(waiting.oldestSeconds ?? 0) >= LATE_SECONDS
          ? `the oldest for ${duration(waiting.oldestSeconds ?? 0)}`
          : 'nothing is late'}
      </Figure>
    </section>
  );
}

/** What waits: the count from the socket where there is one, else from the last overview. */
export function waitingOf(overview: Overview | undefined): Waiting {
  return {
    count: newest.value?.queue_depth ?? overview?.pending_deliveries ?? 0,
    oldestSeconds: overview?.oldest_due_seconds ?? null,
  };
}

interface FigureProps {
  name: string;
  value: string;
  values: readonly (number | null)[];
  floor?: number;
  top?: number;
  children: string;
}

function Figure({ name, value, children, ...line }: FigureProps) {
  return (
    <div class="figure">
      <h2>{name}</h2>
      <p class="value">{value}</p>
      <Sparkline {...line} />
      <p class="faint note">{children}</p>
    </div>
  );
}

/** Per minute from the rollups, then what the socket brought since the page was opened. */
function useSparks() {
  const untilMs = now.value;
  const { value: points = [] } = useResource(
    'sparks',
    (signal) =>
      getTimeseries({ sinceMs: Date.now() - SPAN_MS, untilMs: Date.now(), stepSeconds: STEP_SECONDS }, signal),
    { everyMs: 60_000 },
  );
  const live = samples.value;
  const endMs = live[0]?.atMs ?? untilMs;
  const steps = fillSteps(points, { sinceMs: untilMs - SPAN_MS, untilMs: endMs, stepSeconds: STEP_SECONDS });
  const history = steps.map(({ point }) => point);
  const minutes = perMinute(live);
  return {
    perSecond: [
      ...history.map((p) => (p ? p.delivered / STEP_SECONDS : 0)),
      ...minutes.map((s) => s.deliveries_per_second),
    ],
    success: [
      ...history.map((p) => ratio(p)),
      ...minutes.map((s) => (s.error_rate_percent === null ? null : 100 - s.error_rate_percent)),
    ],
    p95: [...history.map((p) => p?.p95_ms ?? null), ...minutes.map((s) => s.p95_latency_ms)],
    waiting: [...history.map((p) => p?.queue_depth ?? null), ...minutes.map((s) => s.queue_depth)],
  };
}

function ratio(point: { delivered: number; failed: number } | undefined): number | null {
  const total = point ? point.delivered + point.failed : 0;
  return point && total > 0 ? (100 * point.delivered) / total : null;
}

/** One sample a minute, and the newest: the line keeps one scale of time. */
function perMinute<S extends { atMs: number }>(live: readonly S[]): S[] {
  return [...new Map(live.map((sample) => [Math.floor(sample.atMs / 60_000), sample])).values()];
}
