// Rows of deliveries, for all of them, for one webhook or for one alert.
import type { Delivery } from '../api/types.ts';
import { count, milliseconds } from '../format/numbers.ts';
import { href } from '../router.ts';
import { nameOf } from '../stores/webhooks.ts';
import { lastAnswer } from '../words/delivery.ts';
import { DeliveryMark } from './marks.tsx';
import { Time } from './time.tsx';

interface DeliveryTableProps {
  rows: readonly Delivery[];
  freshIds?: ReadonlySet<number>;
  /** On the page of a webhook its name says nothing. */
  hasWebhook?: boolean;
}

export function DeliveryTable({ rows, freshIds, hasWebhook = true }: DeliveryTableProps) {
  return (
    <table class={`rows deliveries ${hasWebhook ? '' : 'of-one'}`}>
      <thead>
        <tr>
          <th>State</th>
          <th>Delivery</th>
          {hasWebhook ? <th>Webhook</th> : null}
          <th>Last answer</th>
          <th class="number">Attempts</th>
          <th class="number">Took</th>
          <th class="number">Raised</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((delivery) => (
          <tr key={delivery.id} data-row={delivery.id} class={freshIds?.has(delivery.id) ? 'fresh' : undefined}>
            <td class="c-state">
              <DeliveryMark status={delivery.status} attempts={delivery.attempt_count} />
            </td>
            <td class="c-sub mono">
              <a class="row-link" href={href(`/deliveries/${delivery.id}`)}>
                {delivery.id}
              </a>
            </td>
            {hasWebhook ? <td class="c-main">{nameOf(delivery.webhook_id)}</td> : null}
            <td class="c-answer" title={delivery.last_error ?? undefined}>
              {lastAnswer(delivery)}
            </td>
            <td class="number wide-only">{count(delivery.attempt_count)}</td>
            <td class="number wide-only">{milliseconds(delivery.response_ms)}</td>
            <td class="c-time number">
              <Time at={delivery.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
