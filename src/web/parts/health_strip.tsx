// The last 24 hours of a webhook, a cell per ten minutes.
import { CELL_SECONDS, healthStrip, type StripCell } from '../charts/strip.ts';
import { now } from '../clock.ts';
import { count } from '../format/numbers.ts';
import { clock } from '../format/times.ts';
import { getTimeseries } from '../stores/figures.ts';
import { useResource } from '../stores/resource.ts';
import { ProblemNote } from './problem.tsx';

const DAY_MS = 86_400_000;

export function HealthStrip({ webhookId }: { webhookId: number }) {
  const points = useResource(
    `strip ${webhookId}`,
    (signal) => {
      const untilMs = Date.now();
      return getTimeseries({ sinceMs: untilMs - DAY_MS, untilMs, stepSeconds: CELL_SECONDS, webhookId }, signal);
    },
    { everyMs: 60_000 },
  );
  if (points.problem) return <ProblemNote problem={points.problem} onRetry={points.reload} />;
  const cells = healthStrip(points.value ?? [], now.value);
  return (
    <section class="block strip-block" aria-label="Last 24 hours">
      <header class="block-head">
        <h2>Last 24 hours</h2>
        <span class="faint">{summaryOf(cells)}</span>
      </header>
      <div class="strip" role="img" aria-label={`Last 24 hours: ${summaryOf(cells)}`}>
        {cells.map((cell) => (
          <span key={cell.atMs} class={cell.state} title={cellWords(cell)} />
        ))}
      </div>
      <p class="strip-scale faint" aria-hidden="true">
        <span>24 h ago</span>
        <span>12 h</span>
        <span>now</span>
      </p>
    </section>
  );
}

function cellWords({ atMs, delivered, failed }: StripCell): string {
  const from = clock(atMs, now.peek());
  return delivered + failed === 0
    ? `${from}: nothing was sent`
    : `${from}: ${count(delivered)} delivered, ${count(failed)} attempts failed`;
}

function summaryOf(cells: readonly StripCell[]): string {
  const delivered = cells.reduce((sum, cell) => sum + cell.delivered, 0);
  const failed = cells.reduce((sum, cell) => sum + cell.failed, 0);
  if (delivered + failed === 0) return 'nothing was sent';
  return `${count(delivered)} delivered, ${count(failed)} attempts failed`;
}
