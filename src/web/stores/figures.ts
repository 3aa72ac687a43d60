// The calls behind the overview: totals, and timeseries of one webhook or of all.
import { request } from '../api/client.ts';
import type { Anomaly, Overview, TimePoint } from '../api/dashboard_types.ts';

export function getOverview(signal?: AbortSignal): Promise<Overview> {
  return request('/dashboard/overview', signal ? { signal } : {});
}

/** What is unusual now, the worst first. */
export async function listAnomalies(signal?: AbortSignal): Promise<Anomaly[]> {
  const answer = await request<{ items: Anomaly[] }>('/dashboard/anomalies', signal ? { signal } : {});
  return answer.items;
}

export interface TimeSpan {
  sinceMs: number;
  untilMs: number;
  stepSeconds: number;
  webhookId?: number;
}

/** The points of a stretch of time, oldest first; steps in which nothing happened may be absent. */
export async function getTimeseries(span: TimeSpan, signal?: AbortSignal): Promise<TimePoint[]> {
  // From the beginning of a step: half of one would look like half of what happened.
  const stepMs = span.stepSeconds * 1_000;
  const query = {
    webhook_id: span.webhookId,
    since: new Date(Math.floor(span.sinceMs / stepMs) * stepMs).toISOString(),
    until: new Date(span.untilMs).toISOString(),
    step_seconds: span.stepSeconds,
  };
  const answer = await request<{ items: TimePoint[] }>('/dashboard/timeseries', {
    query,
    ...(signal ? { signal } : {}),
  });
  return answer.items;
}
