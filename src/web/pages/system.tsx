// The system: every part with its state and what to do, the workers, the cache, the versions.
import type { SystemOverview, Worker } from '../api/dashboard_types.ts';
import { bytes, count } from '../format/numbers.ts';
import { linkState } from '../live/link.ts';
import { samples } from '../live/samples.ts';
import { Sparkline } from '../charts/sparkline.tsx';
import { HealthMark } from '../parts/marks.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Time } from '../parts/time.tsx';
import { href } from '../router.ts';
import { useResource } from '../stores/resource.ts';
import { getOverview } from '../stores/figures.ts';
import { getCacheStats, getDeepHealth, getSystem } from '../stores/system.ts';
import { cachePairs, listParts, type Part } from '../words/system.ts';

/** Put in when the page is bundled. */
declare const TOCSIN_VERSION: string;

const REFRESH_MS = 5_000;

export function SystemPage() {
  const health = useResource('deep health', getDeepHealth, { everyMs: REFRESH_MS });
  const system = useResource('system', getSystem, { everyMs: REFRESH_MS });
  const overview = useResource('limit', getOverview, { everyMs: REFRESH_MS });
  const parts = health.value ? listParts(health.value, system.value, overview.value) : [];
  const bad = parts.filter((part) => part.state !== 'healthy');
  return (
    <div class="page">
      <header class="page-head">
        <h1>System</h1>
        {health.value ? <p class="lead">{headline(bad)}</p> : null}
      </header>
      {health.problem ? <ProblemNote problem={health.problem} onRetry={health.reload} /> : null}
      {parts.length > 0 ? <PartTable parts={parts} /> : null}
      {system.problem ? <ProblemNote problem={system.problem} onRetry={system.reload} /> : null}
      {system.value && system.value.workers.length > 0 ? (
        <section class="block" aria-label="Workers">
          <h2>Workers</h2>
          <WorkerTable workers={system.value.workers} />
        </section>
      ) : null}
      <div class="halves">
        <CacheBlock />
        <VersionBlock system={system.value} />
      </div>
    </div>
  );
}

function headline(bad: readonly Part[]): string {
  if (bad.length === 0) return 'Everything is well.';
  const names = bad.map((part) => part.name).join(', ');
  return `${bad.length === 1 ? 'One part needs' : `${bad.length} parts need`} a look: ${names}.`;
}

function PartTable({ parts }: { parts: readonly Part[] }) {
  return (
    <table class="rows parts">
      <thead>
        <tr>
          <th>State</th>
          <th>Part</th>
          <th>Now</th>
          <th>What to do</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((part) => (
          <tr key={part.name}>
            <td class="c-state">
              <HealthMark status={part.state} />
            </td>
            <td class="c-main">{part.name}</td>
            <td class="c-reason">{part.figures}</td>
            <td class="c-reason">
              <Advice part={part} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Advice({ part: { advice, path } }: { part: Part }) {
  if (advice === null) return <span class="faint wide-only">Nothing.</span>;
  return path ? <a href={href(path)}>{advice}</a> : <span>{advice}</span>;
}

function CacheBlock() {
  const stats = useResource('cache', getCacheStats, { everyMs: REFRESH_MS });
  const rates = samples.value.map((sample) => sample.cache_hit_rate_percent);
  return (
    <section class="block" aria-label="Cache">
      <h2>Cache</h2>
      {stats.problem ? <ProblemNote problem={stats.problem} onRetry={stats.reload} /> : null}
      {stats.value ? (
        <dl class="pairs">
          {cachePairs(stats.value).map(([name, value]) => (
            <Pair key={name} name={name} value={value} />
          ))}
        </dl>
      ) : null}
      {rates.length > 1 ? <Sparkline values={rates} width={240} /> : null}
    </section>
  );
}

function VersionBlock({ system }: { system: SystemOverview | undefined }) {
  return (
    <section class="block" aria-label="Versions and sizes">
      <h2>Versions and sizes</h2>
      <dl class="pairs">
        <Pair name="Tocsin" value={system?.version ?? TOCSIN_VERSION} />
        {system ? <Pair name="PostgreSQL" value={system.database.postgres_version} /> : null}
        {system ? <Pair name="Database" value={bytes(system.database.database_bytes)} /> : null}
        {system ? <Pair name="Memory" value={bytes(system.server.memory_bytes)} /> : null}
        {system ? (
          <div>
            <dt>Started</dt>
            <dd>
              <Time at={system.server.started_at} />
            </dd>
          </div>
        ) : null}
        <Pair name="This page" value={linkState.value} />
      </dl>
    </section>
  );
}

function WorkerTable({ workers }: { workers: readonly Worker[] }) {
  return (
    <table class="rows workers">
      <thead>
        <tr>
          <th>State</th>
          <th>Worker</th>
          <th>Host</th>
          <th class="number">Under way</th>
          <th class="number">Too late</th>
          <th class="number">Started</th>
          <th class="number">Last beat</th>
        </tr>
      </thead>
      <tbody>
        {workers.map((worker) => (
          <tr key={worker.worker_id}>
            <td class="c-state">
              <HealthMark status={worker.is_alive ? 'healthy' : 'unavailable'} />
            </td>
            <td class="c-main mono">{worker.pid}</td>
            <td class="c-reason">{worker.host}</td>
            <td class="number wide-only">{count(worker.in_flight)}</td>
            <td class="number wide-only" title="Results that came after the worker's deliveries were given to others">
              {count(worker.late_results)}
            </td>
            <td class="number wide-only">
              <Time at={worker.started_at} />
            </td>
            <td class="number">
              <Time at={worker.beat_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
