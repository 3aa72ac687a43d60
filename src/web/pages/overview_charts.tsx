// Throughput and latency over the range of the address, live while it ends now.
import { useMemo } from 'preact/hooks';
import type { ChartLine } from '../charts/chart_options.ts';
import { joinLatency, joinThroughput, latency, throughput } from '../charts/columns.ts';
import { TimeChart } from '../charts/time_chart.tsx';
import { now } from '../clock.ts';
import { milliseconds, rate } from '../format/numbers.ts';
import { newest, samples } from '../live/samples.ts';
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

export function OverviewCharts({ webhookId }: { webhookId?: number }) {
  const chosen = range.value;
  const isLive = chosen.kind === 'last' && chosen.name === '15m' && webhookId === undefined;
  const isMoving = chosen.kind === 'last';
  const { sinceMs, untilMs } = boundsOf(chosen, isLive ? (newest.value?.atMs ?? now.value) : now.value);
  const stepSeconds = stepFor(sinceMs, untilMs);
  const key = JSON.stringify([chosen, webhookId]);
  const series = useResource(
    key,
    (signal) => {
      const bounds = boundsOf(chosen, Date.now());
      return getTimeseries({ ...bounds, stepSeconds, ...(webhookId ? { webhookId } : {}) }, signal);
    },
    isMoving ? { everyMs: Math.min(stepSeconds, 300) * 1_000 } : {},
  );
  const live = isLive ? samples.value : null;
  const columns = useMemo(() => {
    const span = { sinceMs, untilMs, stepSeconds };
    const points = series.value ?? [];
    const [sent, spent] = [throughput(points, span), latency(points, span)];
    return live ? { sent: joinThroughput(sent, live), spent: joinLatency(spent, live) } : { sent, spent };
  }, [series.value, live, Math.floor(sinceMs / 5_000), Math.floor(untilMs / 5_000), stepSeconds]);

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
