// Routes under /dashboard, and the summary of alerts: figures of a tenant for pages and scripts.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import {
  alertSummaryRow,
  anomalyRow,
  failureRiskRow,
  overviewRow,
  performanceRow,
  tileRow,
  timePointRow,
} from '../store/api/dashboard.ts';
import { auth } from './auth.ts';
import { statsOf } from './cache.ts';
import type { Deps } from './deps.ts';
import { operation, strict } from './operation.ts';
import { listQuery, onlyPage, pageOf, pageThrough } from './pagination.ts';
import { instantField, instantOf } from './time_filter.ts';

const tag = 'dashboard';
const DAY_SECONDS = 86_400;

const overview = Type.Object(overviewRow, { title: 'Overview' });
const performance = Type.Object(
  { ...performanceRow, cache_hit_rate_percent: Type.Union([Type.Number(), Type.Null()]) },
  { title: 'Performance' },
);
const windowField = (maximum: number, usual: number) =>
  Type.Optional(
    Type.Integer({ minimum: 60, maximum, description: `The last so many seconds; ${usual} if not given.` }),
  );

const whole = operation(
  'get_dashboard_overview_with_performance',
  { tag, summary: 'Overview and performance together', answers: { 200: Type.Object({ overview, performance }) } },
  {},
);
const readOverview = operation(
  'get_dashboard_overview',
  { tag, summary: 'How many deliveries, webhooks and alerts, and in which state', answers: { 200: overview } },
  {},
);
const readPerformance = operation(
  'get_dashboard_performance',
  {
    tag,
    summary: 'Latency, errors and throughput, as measured',
    description: 'Percentiles are of delivered attempts; null when there were none.',
    answers: { 200: performance },
  },
  { query: strict({ window_seconds: windowField(7 * DAY_SECONDS, 900) }) },
);
const listTiles = operation(
  'list_dashboard_webhooks',
  {
    tag,
    summary: 'Webhooks with their last 15 minutes',
    answers: { 200: pageOf(Type.Object(tileRow, { title: 'Tile' })) },
  },
  { query: listQuery({}) },
);
const listAnomalies = operation(
  'list_anomalies',
  {
    tag,
    summary: 'What is not as it used to be',
    description:
      'Failure rate or latency of a webhook, or volume of an alert type, against its own past; each with its figures.',
    answers: { 200: pageOf(Type.Object(anomalyRow, { title: 'Anomaly' })) },
  },
  { query: strict({ window_seconds: windowField(DAY_SECONDS, 3600) }) },
);
const listRisks = operation(
  'list_failure_risks',
  {
    tag,
    summary: 'How likely each active webhook fails within the hour',
    answers: { 200: pageOf(Type.Object(failureRiskRow, { title: 'FailureRisk' })) },
  },
  { query: listQuery({}) },
);
const readTimeseries = operation(
  'get_timeseries',
  {
    tag,
    summary: 'What happened, step by step',
    description: 'Minutes are kept for 7 days, five minutes for 30, hours for 90.',
    answers: { 200: pageOf(Type.Object(timePointRow, { title: 'TimePoint' })) },
  },
  {
    query: strict({
      webhook_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
      since: instantField('From this time on; the last 15 minutes if not given.'),
      until: instantField('Up to this time; now if not given.'),
      step_seconds: Type.Optional(
        Type.Integer({
          minimum: 60,
          maximum: 90 * DAY_SECONDS,
          description: 'A multiple of 60; fitting if not given.',
        }),
      ),
    }),
  },
);
const summary = operation(
  'get_alert_summary',
  {
    tag: 'alerts',
    summary: 'Count alerts by status and severity',
    description: 'failed are those with a delivery that was given up.',
    answers: { 200: Type.Object(alertSummaryRow, { title: 'AlertSummary' }) },
  },
  {},
);

/** The figures of the dashboard. */
export const dashboard = (deps: Deps) => {
  const calls = deps.api.dashboard;
  const performanceOf = async (p_tenant_id: number, p_window_seconds?: number) => ({
    ...(await calls.get_dashboard_performance({ p_tenant_id, p_window_seconds })),
    cache_hit_rate_percent: hitRatePercent(deps),
  });
  return new Elysia({ name: 'dashboard' })
    .use(auth(deps))
    .get(
      '/dashboard',
      async ({ caller: { tenant_id: p_tenant_id } }) => {
        const [read, measured] = [calls.get_dashboard_overview({ p_tenant_id }), performanceOf(p_tenant_id)];
        return { overview: await read, performance: await measured };
      },
      whole,
    )
    .get(
      '/dashboard/overview',
      ({ caller }) => calls.get_dashboard_overview({ p_tenant_id: caller.tenant_id }),
      readOverview,
    )
    .get(
      '/dashboard/performance',
      ({ caller, query }) => performanceOf(caller.tenant_id, query.window_seconds),
      readPerformance,
    )
    .get(
      '/dashboard/webhooks',
      ({ caller: { tenant_id: p_tenant_id }, query }) =>
        pageThrough(
          query,
          async ({ edgeId, limit, offset }) => {
            const rows = await calls.list_dashboard_webhooks({
              p_tenant_id,
              p_after_id: edgeId,
              p_limit: offset + limit,
            });
            return rows.slice(offset);
          },
          () => deps.api.webhooks.count_webhooks({ p_tenant_id }),
        ),
      listTiles,
    )
    .get(
      '/dashboard/anomalies',
      async ({ caller, query }) =>
        onlyPage(await calls.list_anomalies({ p_tenant_id: caller.tenant_id, p_window_seconds: query.window_seconds })),
      listAnomalies,
    )
    .get('/dashboard/failure-risks', ({ caller, query }) => pageOfRisks(deps, caller.tenant_id, query), listRisks)
    .get(
      '/dashboard/timeseries',
      async ({ caller, query }) =>
        onlyPage(
          await calls.get_timeseries({
            p_tenant_id: caller.tenant_id,
            p_webhook_id: query.webhook_id,
            p_since: instantOf(query.since),
            p_until: instantOf(query.until),
            p_step_seconds: query.step_seconds,
          }),
        ),
      readTimeseries,
    )
    .get('/alerts/stats/summary', ({ caller }) => calls.get_alert_summary({ p_tenant_id: caller.tenant_id }), summary);
};

/** The pages are those of the webhooks, which their ids lead through. */
async function pageOfRisks(deps: Deps, p_tenant_id: number, query: Parameters<typeof pageThrough>[0]) {
  const page = await pageThrough(
    query,
    async ({ edgeId, limit, offset }) => {
      const rows = await deps.api.dashboard.list_failure_risks({
        p_tenant_id,
        p_after_id: edgeId,
        p_limit: offset + limit,
      });
      return rows.slice(offset).map((row) => ({ ...row, id: row.webhook_id }));
    },
    () => deps.api.webhooks.count_webhooks({ p_tenant_id, p_is_active: true }),
  );
  return { ...page, items: page.items.map(({ id: _, ...row }) => row) };
}

/** Of all requests that could have been answered from the cache since the start; null while there was none. */
function hitRatePercent({ cache }: Pick<Deps, 'cache'>): number | null {
  const { total_requests, hit_rate } = statsOf(cache);
  return total_requests === 0 ? null : Math.round(hit_rate * 1000) / 10;
}
