// One webhook: its state with reason, a day of health, failures by cause, its deliveries, and what can be done with it.
import type { Webhook } from '../api/types.ts';
import { useEffect } from 'preact/hooks';
import { now } from '../clock.ts';
import { count } from '../format/numbers.ts';
import { onMessages } from '../live/link.ts';
import { DeliveryTable } from '../parts/delivery_table.tsx';
import { CopyButton } from '../parts/code.tsx';
import { FailureGroups } from '../parts/failure_groups.tsx';
import { HealthStrip } from '../parts/health_strip.tsx';
import { HeldBar } from '../parts/held_bar.tsx';
import { HealthMark } from '../parts/marks.tsx';
import { PaceBlock } from '../parts/pace_block.tsx';
import { More } from '../parts/more.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Time } from '../parts/time.tsx';
import { Choice } from '../parts/filters.tsx';
import { href, query } from '../router.ts';
import { listDeliveries } from '../stores/deliveries.ts';
import { useFeed } from '../stores/feed.ts';
import { useResource } from '../stores/resource.ts';
import { getWebhook } from '../stores/webhooks.ts';
import { describeWebhook } from '../words/webhook.ts';
import { useLiveDeliveries } from './deliveries.tsx';
import { OverviewCharts } from './overview_charts.tsx';
import { WebhookActions } from './webhook_actions.tsx';

export function WebhookPage({ id }: { id: number }) {
  const webhook = useResource(`webhook ${id}`, (signal) => getWebhook(id, signal), { everyMs: 10_000 });
  useEffect(
    () =>
      onMessages('webhook_status_changed', (messages) => {
        if (messages.some((message) => message.webhook_id === id)) webhook.reload();
      }),
    [id],
  );
  if (!webhook.value) {
    return (
      <div class="page">
        {webhook.problem ? <ProblemNote problem={webhook.problem} onRetry={webhook.reload} /> : null}
      </div>
    );
  }
  return (
    <div class="page webhook-page">
      <WebhookHead webhook={webhook.value} />
      <WebhookActions webhook={webhook.value} onChange={webhook.reload} />
      <HealthStrip webhookId={id} />
      <PaceBlock webhook={webhook.value} />
      <FailureGroups webhook={webhook.value} />
      <OverviewCharts webhookId={id} />
      <WebhookDeliveries id={id} />
      <Settings webhook={webhook.value} />
    </div>
  );
}

function WebhookHead({ webhook }: { webhook: Webhook }) {
  return (
    <header class="page-head detail">
      <p class="crumbs">
        <a href={href('/webhooks')}>Webhooks</a> <span class="mono faint">{webhook.id}</span>
      </p>
      <h1>{webhook.name}</h1>
      <p class="facts">
        <HealthMark status={webhook.health_status} isPaused={!webhook.is_active} />
        <span class="mono url">{webhook.url}</span>
        <CopyButton text={webhook.url} label="URL" />
      </p>
      <p class="lead">{describeWebhook(webhook, now.value)}</p>
      {webhook.description ? <p class="faint">{webhook.description}</p> : null}
    </header>
  );
}

function WebhookDeliveries({ id }: { id: number }) {
  const status = query.value.get('status');
  const store = useFeed(`${id} ${status}`, (cursor, signal) =>
    listDeliveries({ webhook_id: id, status }, cursor, signal, 20),
  );
  useLiveDeliveries(store, (delivery) => delivery.webhook_id === id && (!status || delivery.status === status));
  const { rows, held } = store.feed.value;
  return (
    <section class="block" aria-label="Deliveries">
      <header class="block-head">
        <h2>Deliveries</h2>
        <HeldBar held={held.length} onLetIn={() => store.letIn()} />
        <Choice
          label="Status"
          name="status"
          options={[
            { value: '', word: 'Any status' },
            { value: 'pending', word: 'Waiting' },
            { value: 'delivered', word: 'Delivered' },
            { value: 'failed', word: 'Failed' },
            { value: 'cancelled', word: 'Cancelled' },
          ]}
        />
      </header>
      {store.problem.value ? <ProblemNote problem={store.problem.value} onRetry={() => store.reload()} /> : null}
      {rows.length > 0 ? (
        <div ref={store.list}>
          <DeliveryTable rows={rows} freshIds={store.freshIds.value} hasWebhook={false} />
          <More
            shown={rows.length}
            total={store.total.value}
            noun="deliveries"
            hasMore={store.cursor.value !== null}
            isLoading={store.isLoading.value}
            onMore={() => store.more()}
          />
        </div>
      ) : null}
      {rows.length === 0 && !store.isLoading.value ? <p class="faint">There is none.</p> : null}
    </section>
  );
}

function Settings({ webhook }: { webhook: Webhook }) {
  const rows: [string, string][] = [
    ['Events', webhook.events.join(', ')],
    ['Least severity', webhook.min_severity.toLowerCase()],
    ['Filter', webhook.filter ? JSON.stringify(webhook.filter) : 'none: every alert of these events'],
    ['Format', webhook.format],
    ['Timeout', `${webhook.timeout_seconds} s`],
    ['Rate limit', webhook.rate_limit_per_second ? `${webhook.rate_limit_per_second} per second` : 'none'],
    ['In flight at once', count(webhook.max_in_flight)],
    ['Order', webhook.ordered ? 'one at a time, in order' : 'as they come, many at once'],
    ['Certificate', webhook.ssl_verify ? 'is verified' : 'is not verified'],
    ['Custom headers', webhook.header_names.length > 0 ? webhook.header_names.join(', ') : 'none'],
    ['Retries', retryWords(webhook)],
  ];
  return (
    <section class="block" aria-label="Settings">
      <header class="block-head">
        <h2>Settings</h2>
        <a class="button small" href={href(`/webhooks/${webhook.id}/edit`)}>
          Edit
        </a>
      </header>
      <dl class="pairs wide">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>Created</dt>
          <dd>
            <Time at={webhook.created_at} />, changed <Time at={webhook.updated_at} />
          </dd>
        </div>
      </dl>
    </section>
  );
}

function retryWords({ retry_policy }: Webhook): string {
  const { max_retries, backoff_base, schedule } = retry_policy;
  if (schedule) return `after ${schedule.map((seconds) => `${seconds} s`).join(', ')}`;
  if (backoff_base) return `${max_retries ?? 9} times, ${backoff_base} s at first and twice as long each time`;
  return max_retries === undefined ? '9 times, from 5 s to 24 h' : `${max_retries} times`;
}
