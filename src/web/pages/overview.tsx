// The overview: one sentence, four figures, two charts, and a tile per webhook.
import type { Overview, Tile } from '../api/dashboard_types.ts';
import { useEffect, useMemo } from 'preact/hooks';
import { now } from '../clock.ts';
import { percent } from '../format/numbers.ts';
import { onMessages } from '../live/link.ts';
import { newest } from '../live/samples.ts';
import { Empty } from '../parts/empty.tsx';
import { HealthShape, Mark } from '../parts/marks.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { getOverview, listAnomalies } from '../stores/figures.ts';
import { href } from '../router.ts';
import { type Resource, useResource } from '../stores/resource.ts';
import { listTiles } from '../stores/webhooks.ts';
import { withLocalTimes } from '../words/alert.ts';
import { overviewSentence } from '../words/overview.ts';
import { describeQueueLimit } from '../words/pace.ts';
import { curlAlert, curlWebhook, sqlAlert } from '../words/teach.ts';
import { Figures, waitingOf } from './overview_figures.tsx';
import { HealthGrid } from './health_grid.tsx';
import { OverviewCharts } from './overview_charts.tsx';

const REFRESH_MS = 10_000;
/** Their state comes live; only the lines of minutes grow old. */
const TILES_REFRESH_MS = 60_000;
const UNUSUAL_MAX = 3;

export function OverviewPage() {
  const tiles = useResource('tiles', listTiles, { everyMs: TILES_REFRESH_MS });
  const overview = useResource('overview', getOverview, { everyMs: REFRESH_MS });
  useLiveStates(tiles);
  // The same element while the tiles are the same: a thousand of them are not compared again whenever a figure changes.
  const grid = useMemo(
    () => (tiles.value?.length === 0 ? <FirstSteps /> : <HealthGrid tiles={tiles.value ?? []} />),
    [tiles.value],
  );
  const problem = tiles.problem ?? overview.problem;
  return (
    <div class="page overview">
      {tiles.value ? (
        <Headline tiles={tiles.value} overview={overview.value} />
      ) : (
        <h1 class="sentence faint">Looking at the webhooks</h1>
      )}
      {problem ? <ProblemNote problem={problem} onRetry={tiles.reload} /> : null}
      <Unusual />
      <Figures overview={overview.value} />
      <OverviewCharts />
      {grid}
    </div>
  );
}

function Headline({ tiles, overview }: { tiles: readonly Tile[]; overview: Overview | undefined }) {
  const metrics = newest.value;
  const sentence = overviewSentence(tiles, waitingOf(overview), now.value);
  return (
    <div class="headline">
      <h1 class="sentence">
        <HealthShape status={sentence.state} size={20} />
        <span>
          {sentence.webhooks}; {sentence.queue}.
        </span>
      </h1>
      <FullQueue overview={overview} />
      {/* The line keeps its place while nothing is known: nothing below may move when it is. */}
      <p class="faint">
        {metrics && metrics.cache_hit_rate_percent !== null
          ? `The cache answers ${percent(metrics.cache_hit_rate_percent)} of the reads.`
          : ''}
      </p>
    </div>
  );
}

/** Before alerts are refused, and while they are. */
function FullQueue({ overview }: { overview: Overview | undefined }) {
  const [limit] = describeQueueLimit(overview).filter(({ state }) => state !== 'healthy');
  if (limit === undefined) return null;
  return (
    <p class="full-queue">
      <HealthShape status={limit.state} />
      <span>
        {limit.name}: {limit.words}. <a href={href('/system')}>What to do</a>
      </span>
    </p>
  );
}

/** What is not as it used to be, the worst first: a few lines at most, none on a usual day. */
function Unusual() {
  const anomalies = useResource('anomalies', listAnomalies, { everyMs: 60_000 });
  const shown = anomalies.value?.slice(0, UNUSUAL_MAX) ?? [];
  if (shown.length === 0) return null;
  return (
    <section class="unusual" aria-label="Unusual">
      <h2>Unusual</h2>
      <ul>
        {shown.map((one) => (
          <li key={`${one.kind} ${one.webhook_id} ${one.alert_type}`}>
            <Mark shape="triangle" tone="degraded" />
            <span>
              {one.webhook_id ? (
                <>
                  <a href={href(`/webhooks/${one.webhook_id}`)}>{one.webhook_name}</a>:{' '}
                </>
              ) : null}
              {withLocalTimes(one.description, now.value)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Tiles turn as soon as the socket says so. */
function useLiveStates(tiles: Resource<Tile[]>): void {
  useEffect(
    () =>
      onMessages('webhook_status_changed', (messages) => {
        const changed = new Map(messages.map((message) => [message.webhook_id, message]));
        const known = tiles.peek();
        if (!known || [...changed.keys()].some((id) => !known.some((tile) => tile.id === id))) {
          tiles.reload();
          return;
        }
        tiles.set(
          known.map((tile) => {
            const message = changed.get(tile.id);
            if (!message) return tile;
            const { health_status, success_rate_percent, timestamp } = message;
            const hasTurned = tile.health_status !== health_status;
            const status_changed_at = hasTurned ? timestamp : tile.status_changed_at;
            return { ...tile, health_status, success_rate_percent, status_changed_at };
          }),
        );
      }),
    [],
  );
}

function FirstSteps() {
  return (
    <Empty
      title="Nothing is set up yet"
      lessons={[
        { label: '1. Create a webhook', text: curlWebhook(location.origin) },
        { label: '2. Raise an alert over HTTP', text: curlAlert(location.origin) },
        { label: 'or within your own transaction', text: sqlAlert },
      ]}
    >
      <p>
        A webhook is an address that gets alerts. Create one <a href="/dashboard/webhooks/new">on this page</a> or with
        curl, raise an alert, and watch it arrive here.
      </p>
    </Empty>
  );
}
