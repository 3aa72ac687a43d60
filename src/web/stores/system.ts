// The calls about the system as a whole.
import { request } from '../api/client.ts';
import type { CacheStats, DeepHealth, SystemOverview } from '../api/dashboard_types.ts';

export function getDeepHealth(signal?: AbortSignal): Promise<DeepHealth> {
  return request('/health/deep', signal ? { signal } : {});
}

export function getSystem(signal?: AbortSignal): Promise<SystemOverview> {
  return request('/system', signal ? { signal } : {});
}

export function getCacheStats(signal?: AbortSignal): Promise<CacheStats> {
  return request('/cache/stats', signal ? { signal } : {});
}

/** Only `platform` may ask. */
export async function listTenants(signal?: AbortSignal): Promise<string[]> {
  const { items } = await request<{ items: { name: string }[] }>('/tenants', signal ? { signal } : {});
  return items.map(({ name }) => name);
}
