// The calls about webhooks, and the names of all webhooks, which rows elsewhere show.
import { signal } from '@preact/signals';
import { request } from '../api/client.ts';
import type { FailureRisk, Tile } from '../api/dashboard_types.ts';
import type { Page, TestAnswer, Webhook } from '../api/types.ts';

export interface WebhookFilters {
  q?: string | null;
  health_status?: string | null;
  is_active?: string | null;
  event?: string | null;
}

const PAGE_SIZE = 50;
const TILE_PAGE_SIZE = 100;
const TILE_PAGES_MAX = 20;

/** Every webhook's name by its id, as far as they are known. */
export const webhookNames = signal<ReadonlyMap<number, string>>(new Map());

export async function listWebhooks(
  filters: WebhookFilters,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<Page<Webhook>> {
  const query = { ...filters, cursor, page_size: PAGE_SIZE };
  const page = await request<Page<Webhook>>('/webhooks', { query, ...(signal ? { signal } : {}) });
  learnNames(page.items);
  return page;
}

export async function getWebhook(id: number, signal?: AbortSignal): Promise<Webhook> {
  const webhook = await request<Webhook>(`/webhooks/${id}`, signal ? { signal } : {});
  learnNames([webhook]);
  return webhook;
}

export function getFailureRisk(id: number, signal?: AbortSignal): Promise<FailureRisk> {
  return request(`/webhooks/${id}/failure-risk`, signal ? { signal } : {});
}

/** Creates; the answer holds the secret, this once. */
export function createWebhook(settings: Record<string, unknown>): Promise<Webhook> {
  return request('/webhooks', { method: 'POST', body: settings });
}

export function updateWebhook(id: number, changes: Record<string, unknown>): Promise<Webhook> {
  return request(`/webhooks/${id}`, { method: 'PATCH', body: changes });
}

export function deleteWebhook(id: number): Promise<void> {
  return request(`/webhooks/${id}`, { method: 'DELETE' });
}

/** Sends a ping now and resolves with the answer that it got, good or bad. */
export function testWebhook(id: number): Promise<TestAnswer> {
  return request(`/webhooks/${id}/test`, { method: 'POST' });
}

/** The old secret stays valid for `overlapSeconds`. */
export function rotateSecret(id: number, overlapSeconds: number): Promise<{ secret: string }> {
  return request(`/webhooks/${id}/rotate-secret`, { method: 'POST', body: { overlap_seconds: overlapSeconds } });
}

/** Closes the breaker and lets deliveries go out again, slowly at first. */
export function enableWebhook(id: number): Promise<Webhook> {
  return request(`/webhooks/${id}/enable`, { method: 'POST' });
}

/** All tiles of the health grid; beyond the pages that are looked at, the list of webhooks has the rest. */
export async function listTiles(signal?: AbortSignal): Promise<Tile[]> {
  const tiles: Tile[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < TILE_PAGES_MAX; page += 1) {
    const answer: { items: Tile[]; next_cursor?: string | null } = await request('/dashboard/webhooks', {
      query: { cursor, page_size: TILE_PAGE_SIZE },
      ...(signal ? { signal } : {}),
    });
    tiles.push(...answer.items);
    cursor = answer.next_cursor ?? null;
    if (cursor === null) break;
  }
  learnNames(tiles);
  return tiles;
}

/** Remembers names; tells those who show them only when there is a new one. */
export function learnNames(rows: readonly { id: number; name: string }[]): void {
  const known = webhookNames.peek();
  if (rows.every(({ id, name }) => known.get(id) === name)) return;
  webhookNames.value = new Map([...known, ...rows.map(({ id, name }) => [id, name] as const)]);
}

/** The name of a webhook, or its number while the name is not known. */
export function nameOf(id: number): string {
  return webhookNames.value.get(id) ?? `Webhook ${id}`;
}
