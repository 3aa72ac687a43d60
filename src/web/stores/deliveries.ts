// The calls about deliveries.
import { request } from '../api/client.ts';
import type { Delivery, Page } from '../api/types.ts';

export interface DeliveryFilters {
  status?: string | null;
  webhook_id?: string | number | null;
  alert_id?: string | number | null;
  since?: string | null;
  until?: string | null;
}

const PAGE_SIZE = 50;

export function listDeliveries(
  filters: DeliveryFilters,
  cursor: string | null,
  signal?: AbortSignal,
  pageSize = PAGE_SIZE,
): Promise<Page<Delivery>> {
  const query = { ...filters, cursor, page_size: pageSize };
  return request('/deliveries', { query, ...(signal ? { signal } : {}) });
}

/** With its attempts. */
export function getDelivery(id: number, signal?: AbortSignal): Promise<Delivery> {
  return request(`/deliveries/${id}`, signal ? { signal } : {});
}

/** Sends it now, whatever its state. */
export function retryDelivery(id: number): Promise<unknown> {
  return request(`/deliveries/${id}/retry`, { method: 'POST' });
}
