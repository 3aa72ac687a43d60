// The calls about alerts.
import { request } from '../api/client.ts';
import type { Alert, Page, Why } from '../api/types.ts';

export interface AlertFilters {
  status?: string | null;
  severity?: string | null;
  alert_type?: string | null;
  since?: string | null;
  until?: string | null;
  q?: string | null;
}

const PAGE_SIZE = 50;

export function listAlerts(filters: AlertFilters, cursor: string | null, signal?: AbortSignal): Promise<Page<Alert>> {
  return request('/alerts', { query: { ...filters, cursor, page_size: PAGE_SIZE }, ...(signal ? { signal } : {}) });
}

export function getAlert(id: number, signal?: AbortSignal): Promise<Alert> {
  return request(`/alerts/${id}`, signal ? { signal } : {});
}

/** Who got it, who did not, and why. */
export async function whyNotDelivered(id: number, signal?: AbortSignal): Promise<Why[]> {
  const answer = await request<{ items: Why[] }>(`/alerts/${id}/why`, signal ? { signal } : {});
  return answer.items;
}

export function acknowledgeAlert(id: number, notes: string | null): Promise<Alert> {
  return request(`/alerts/${id}/ack`, { method: 'POST', body: notes ? { notes } : {} });
}

export function resolveAlert(id: number, notes: string | null = null): Promise<Alert> {
  return request(`/alerts/${id}/resolve`, { method: 'POST', body: notes ? { notes } : {} });
}

/** Many at once; those that do not exist or are resolved already are counted as failed. */
export function acknowledgeAlerts(ids: readonly number[]): Promise<{ acknowledged: number; failed: number }> {
  return request('/alerts/acknowledge', { method: 'POST', body: { alert_ids: ids } });
}

/** Many at once; those that do not exist are counted as failed. */
export function resolveAlerts(ids: readonly number[]): Promise<{ resolved: number; failed: number }> {
  return request('/alerts/resolve', { method: 'POST', body: { alert_ids: ids } });
}
