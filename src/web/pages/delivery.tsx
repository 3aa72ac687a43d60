// One delivery: a timeline of its attempts, and of the chosen one the request and the answer side by side.
import type { Attempt, Delivery } from '../api/types.ts';
import { useEffect } from 'preact/hooks';
import { now } from '../clock.ts';
import { milliseconds } from '../format/numbers.ts';
import { absolute, iso } from '../format/times.ts';
import { useKeys } from '../keyboard.ts';
import { onMessages } from '../live/link.ts';
import { CopyButton } from '../parts/code.tsx';
import { Exchange } from '../parts/exchange.tsx';
import { AttemptMark, DeliveryMark } from '../parts/marks.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Time } from '../parts/time.tsx';
import { href, query, setQuery } from '../router.ts';
import { getAlert } from '../stores/alerts.ts';
import { getDelivery } from '../stores/deliveries.ts';
import { useResource } from '../stores/resource.ts';
import { retryAndSay } from '../stores/act.ts';
import { getWebhook, nameOf } from '../stores/webhooks.ts';
import { asCurl } from '../words/curl.ts';
import { describeDelivery, plainError } from '../words/delivery.ts';
import { reasons } from '../words/failures.ts';
import { requestOf } from '../words/request.ts';

export function DeliveryPage({ id }: { id: number }) {
  const delivery = useResource(`delivery ${id}`, (signal) => getDelivery(id, signal), { everyMs: 10_000 });
  useEffect(
    () =>
      onMessages('delivery_finished', (messages) => {
        if (messages.some((message) => message.delivery_id === id)) delivery.reload();
      }),
    [id],
  );
  const retry = () => void retryAndSay(id).then(delivery.reload);
  useKeys({ r: retry });
  if (!delivery.value) {
    return (
      <div class="page">
        {delivery.problem ? <ProblemNote problem={delivery.problem} onRetry={delivery.reload} /> : null}
      </div>
    );
  }
  return <DeliveryDetail key={delivery.value.id} delivery={delivery.value} onRetry={retry} />;
}

function DeliveryDetail({ delivery, onRetry }: { delivery: Delivery; onRetry: () => void }) {
  // The body is the alert's; the names of the custom headers are the webhook's. Both may be gone by now.
  const alert = useResource(`alert ${delivery.alert_id}`, (signal) => getAlert(delivery.alert_id, signal));
  const webhook = useResource(`webhook ${delivery.webhook_id}`, (signal) => getWebhook(delivery.webhook_id, signal));
  const attempts = delivery.attempts ?? [];
  const chosen = Number(query.value.get('attempt')) || attempts.length;
  const attempt = attempts.find((one) => one.attempt === chosen) ?? attempts.at(-1);
  const request = requestOf(delivery, attempt, alert.value, webhook.value);
  return (
    <div class="page delivery-page">
      <header class="page-head detail">
        <p class="crumbs">
          <a href={href('/deliveries')}>Deliveries</a> <span class="mono faint">{delivery.id}</span>
        </p>
        <h1>
          <DeliveryMark status={delivery.status} attempts={attempts.length} />
        </h1>
        <p class="lead">{describeDelivery(delivery, now.value)}</p>
        <p class="facts">
          <span>
            to{' '}
            <a href={href(`/webhooks/${delivery.webhook_id}`)}>
              {delivery.webhook_name ?? nameOf(delivery.webhook_id)}
            </a>
          </span>
          <span>
            of <a href={href(`/alerts/${delivery.alert_id}`)}>{alert.value?.message ?? `alert ${delivery.alert_id}`}</a>
          </span>
          <span>
            raised <Time at={delivery.created_at} />
          </span>
        </p>
        <div class="actions">
          <button type="button" class="button primary" aria-keyshortcuts="r" onClick={onRetry}>
            {delivery.status === 'delivered' ? 'Send again' : 'Retry now'}
          </button>
          {request ? <CopyButton text={asCurl(request)} label="the request" word="Copy as curl" /> : null}
        </div>
      </header>
      <div class="columns timeline-first">
        <Timeline delivery={delivery} attempts={attempts} chosen={attempt?.attempt} />
        <Exchange delivery={delivery} attempt={attempt} request={request} problem={alert.problem} />
      </div>
    </div>
  );
}

interface TimelineProps {
  delivery: Delivery;
  attempts: readonly Attempt[];
  chosen: number | undefined;
}

function Timeline({ delivery, attempts, chosen }: TimelineProps) {
  const next = delivery.status === 'pending' ? delivery.next_attempt_at : null;
  return (
    <section class="block" aria-label="Attempts">
      <h2>Attempts</h2>
      <ol class="timeline">
        <li class="moment">
          <span class="faint">Raised</span> <Time at={delivery.created_at} exact />
        </li>
        {attempts.map((attempt) => (
          <li key={attempt.attempt}>
            <button
              type="button"
              data-row={attempt.attempt}
              class="attempt"
              aria-pressed={attempt.attempt === chosen}
              onClick={() => setQuery({ attempt: String(attempt.attempt) }, { replace: true })}
            >
              <AttemptMark status={attempt.status} />
              <span class="what">{answerOf(attempt)}</span>
              <span class="faint when">
                <time datetime={iso(attempt.attempted_at)} title={iso(attempt.attempted_at)}>
                  {absolute(attempt.attempted_at)}
                </time>
                {attempt.response_ms === null ? '' : ` · ${milliseconds(attempt.response_ms)}`}
              </span>
            </button>
          </li>
        ))}
        {next ? (
          <li class="moment">
            <span class="faint">Next try</span> <Time at={next} />
          </li>
        ) : null}
      </ol>
    </section>
  );
}

function answerOf(attempt: Attempt): string {
  if (attempt.status_code === null) return plainError(attempt.error);
  const reason = reasons[attempt.status_code];
  return reason ? `${attempt.status_code} ${reason}` : String(attempt.status_code);
}
