// The calls about replays: counting what would be sent again, sending it, following it, stopping it.
import { request } from '../api/client.ts';

/** What to send again. `since` and `until` are ISO 8601, and about when the alerts were raised. */
export interface ReplayRequest {
  since: string;
  until: string;
  status: 'failed' | 'delivered' | 'all';
}

export interface Replay {
  id: number;
  /** queueing: more is to be looked at; delivering: all is queued, and some has not ended. */
  state: 'queueing' | 'delivering' | 'finished' | 'cancelled';
  status: ReplayRequest['status'];
  total: number;
  done: number;
  delivered: number;
  failed: number;
  cancelled: number;
  pending: number;
  created_at: string;
  finished_at: string | null;
}

const SHOWN = 5;

/** How many deliveries match, counted up to 100,000. */
export async function countReplay(webhookId: number, what: ReplayRequest): Promise<number> {
  const body = { ...what, dry_run: true };
  const { matched } = await request<{ matched: number }>(`/webhooks/${webhookId}/replay`, { method: 'POST', body });
  return matched;
}

export function replayWebhook(webhookId: number, what: ReplayRequest): Promise<{ replay_id: number }> {
  return request(`/webhooks/${webhookId}/replay`, { method: 'POST', body: what });
}

/** The newest few of a webhook. */
export async function listReplays(webhookId: number, signal?: AbortSignal): Promise<Replay[]> {
  const query = { page_size: SHOWN };
  const answer = await request<{ items: Replay[] }>(`/webhooks/${webhookId}/replays`, {
    query,
    ...(signal ? { signal } : {}),
  });
  return answer.items;
}

/** What it has queued is delivered all the same. */
export function cancelReplay(webhookId: number, replayId: number): Promise<void> {
  return request(`/webhooks/${webhookId}/replays/${replayId}`, { method: 'DELETE' });
}
