// Throughput and latency over the range of the address; they go on while it ends now.
import { useMemo } from 'preact/hooks';
import type { ChartLine } from '../charts/chart_options.ts';
import { latency, throughput } from '../charts/columns.ts';
import { TimeChart } from '../charts/time_chart.tsx';
import { milliseconds, rate } from '../format/numbers.ts';
import { ProblemNote } from '../parts/problem.tsx';
import { range } from '../router.ts';
import { getTimeseries } from '../stores/figures.ts';
import { useResource } from '../stores/resource.ts';
import { boundsOf, stepFor } from '../url_state.ts';

const throughputLines: readonly ChartLine[] = [
  { name: 'Delivered per second', tone: 'delivered', isFilled: true },
  { name: 'Failed per second', tone: 'failed', isFilled: true },
];
const latencyLines: readonly ChartLine[] = [
  { name: 'p50', tone: 'p50' },
  { name: 'p95', tone: 'p95' },
  { name: 'p99', tone: 'p99' },
];
const failedBelowZero = (value: number) => rate(Math.abs(value));

/** While the range ends now the charts go on; the shortest is renewed this often. */
const LIVE_MS = 5_000;

export function OverviewCharts({ webhookId }: { webhookId?: number }) {
  const chosen = range.value;
  const series = useResource(
    JSON.stringify([chosen, webhookId]),
    async (signal) => {
      const bounds = boundsOf(chosen, Date.now());
      const stepSeconds = stepFor(bounds.sinceMs, bounds.untilMs);
      // A step is drawn where it ends: one more is needed for the lines to begin at the edge.
      const span = { ...bounds, sinceMs: bounds.sinceMs - stepSeconds * 1_000, stepSeconds };
      const points = await getTimeseries({ ...span, ...(webhookId ? { webhookId } : {}) }, signal);
      return { bounds, span, points };
    },
    chosen.kind === 'last' ? { everyMs: chosen.name === '15m' ? LIVE_MS : 60_000 } : {},
  );
  const { sinceMs, untilMs } = series.value?.bounds ?? boundsOf(chosen, Date.now());
  const columns = useMemo(() => {
    const { points, span } = series.value ?? { points: [], span: { sinceMs, untilMs, stepSeconds: 60 } };
    return { sent: throughput(points, span), spent: latency(points, span) };
  }, [series.value]);

  if (series.problem) return <ProblemNote problem={series.problem} onRetry={series.reload} />;
  return (
    <div class="charts">
      <TimeChart
        title="Throughput"
        summary={summaryOf('Throughput', columns.sent[1]?.at(-1), failedBelowZero, 'delivered per second')}
        columns={columns.sent}
        lines={throughputLines}
        sinceMs={sinceMs}
        untilMs={untilMs}
        format={failedBelowZero}
      />
      <TimeChart
        title="Latency"
        summary={summaryOf('Latency', columns.spent[2]?.at(-1), milliseconds, 'for 95 of 100 attempts')}
        columns={columns.spent}
        lines={latencyLines}
        sinceMs={sinceMs}
        untilMs={untilMs}
        isLogarithmic
        format={milliseconds}
      />
    </div>
  );
}

function summaryOf(
  name: string,
  value: number | null | undefined,
  format: (value: number) => string,
  unit: string,
): string {
  return value === null || value === undefined
    ? `${name}: nothing was sent`
    : `${name}: ${format(value)} ${unit} at the end`;
}
