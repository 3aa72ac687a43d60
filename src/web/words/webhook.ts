// Says what state a webhook is in, why, until when, and what to do about it.
import type { HealthStatus, Webhook } from '../api/types.ts';
import { count, counted, percent } from '../format/numbers.ts';
import { clock, relative } from '../format/times.ts';

export const healthWords: Record<HealthStatus, string> = {
  healthy: 'Healthy',
  degraded: 'Degraded',
  unavailable: 'Unavailable',
  unknown: 'Unknown',
};

/** One or two sentences for the head of a webhook's page. */
export function describeWebhook(webhook: Webhook, now: number, zone?: string): string {
  if (!webhook.is_active) return describePaused(webhook);
  const until = webhook.blocked_until && Date.parse(webhook.blocked_until) > now ? webhook.blocked_until : null;
  const waiting = webhook.pending_deliveries;
  const wait = waiting > 0 ? ` ${counted(waiting, 'delivery', 'deliveries')} ${waiting === 1 ? 'waits' : 'wait'}.` : '';
  if (webhook.breaker_state === 'open') {
    const again = until ? ` The next try is ${relative(until, now)}, at ${clock(until, now, zone)}.` : '';
    return `It failed too often in a row, so Tocsin stopped calling it for a while.${again}${wait}`;
  }
  if (webhook.breaker_state === 'half_open') {
    return `It failed too often and is being tried with a few deliveries; when they succeed the rest follows.${wait}`;
  }
  if (until)
    return `It asked for a pause. Deliveries go on ${relative(until, now)}, at ${clock(until, now, zone)}.${wait}`;
  return `${describeRate(webhook)}${wait}`;
}

/** A few words for a row or a tile: why it is not simply well; null when it is. */
export function troubleOf(
  webhook: Pick<Webhook, 'is_active' | 'blocked_until'> & Partial<Pick<Webhook, 'disabled_reason' | 'breaker_state'>>,
  now: number,
): string | null {
  if (!webhook.is_active) return webhook.disabled_reason ? 'switched off' : 'paused';
  const isBlocked = webhook.blocked_until !== null && Date.parse(webhook.blocked_until) > now;
  if (isBlocked) return `next try ${relative(webhook.blocked_until as string, now)}`;
  return webhook.breaker_state === 'half_open' ? 'being tried' : null;
}

function describePaused(webhook: Webhook): string {
  const why = webhook.disabled_reason
    ? `Tocsin switched it off: ${webhook.disabled_reason.replace(/\.$/, '')}.`
    : 'It is paused.';
  const waiting = webhook.pending_deliveries;
  return waiting > 0
    ? `${why} ${counted(waiting, 'delivery', 'deliveries')} ${waiting === 1 ? 'waits' : 'wait'} until it is resumed.`
    : `${why} New alerts are kept for it and sent when it is resumed.`;
}

function describeRate({ total_deliveries, success_rate_percent }: Webhook): string {
  if (total_deliveries === 0) return 'Nothing has been sent to it yet. Test it, or raise an alert.';
  return `${percent(success_rate_percent)} of ${count(total_deliveries)} attempts succeeded.`;
}
