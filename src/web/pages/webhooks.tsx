// The list of webhooks: search, filters, one row each.
import type { Webhook } from '../api/types.ts';
import { useEffect } from 'preact/hooks';
import { now } from '../clock.ts';
import { count, percent } from '../format/numbers.ts';
import { onMessages } from '../live/link.ts';
import { Empty } from '../parts/empty.tsx';
import { Choice, FilterBar, SearchField } from '../parts/filters.tsx';
import { HealthMark } from '../parts/marks.tsx';
import { More } from '../parts/more.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Time } from '../parts/time.tsx';
import { go, href, query } from '../router.ts';
import { type FeedStore, useFeed } from '../stores/feed.ts';
import { listWebhooks } from '../stores/webhooks.ts';
import { curlWebhook, demoReceiver } from '../words/teach.ts';
import { troubleOf } from '../words/webhook.ts';
import { useKeys } from '../keyboard.ts';

const filterNames = ['q', 'health_status', 'is_active', 'event'];

export function WebhooksPage() {
  const filters = Object.fromEntries(filterNames.map((name) => [name, query.value.get(name)]));
  const store = useFeed(JSON.stringify(filters), (cursor, signal) => listWebhooks(filters, cursor, signal));
  useLiveHealth(store);
  useKeys({ n: () => go('/webhooks/new') });
  const { rows } = store.feed.value;
  const isFiltered = filterNames.some((name) => filters[name]);
  return (
    <div class="page">
      <header class="page-head">
        <h1>Webhooks</h1>
        <a class="button primary" href={href('/webhooks/new')}>
          New webhook
        </a>
      </header>
      <FilterBar names={filterNames}>
        <SearchField label="Search name, URL, description" />
        <Choice
          label="Health"
          name="health_status"
          options={[
            { value: '', word: 'Any health' },
            { value: 'unavailable', word: 'Unavailable' },
            { value: 'degraded', word: 'Degraded' },
            { value: 'healthy', word: 'Healthy' },
            { value: 'unknown', word: 'Unknown' },
          ]}
        />
        <Choice
          label="Active or paused"
          name="is_active"
          options={[
            { value: '', word: 'Active and paused' },
            { value: 'true', word: 'Active' },
            { value: 'false', word: 'Paused' },
          ]}
        />
      </FilterBar>
      {store.problem.value ? <ProblemNote problem={store.problem.value} onRetry={() => store.reload()} /> : null}
      {rows.length > 0 ? <WebhookTable store={store} rows={rows} /> : null}
      {rows.length === 0 && !store.isLoading.value && !store.problem.value ? (
        <NoWebhooks isFiltered={isFiltered} />
      ) : null}
    </div>
  );
}

function WebhookTable({ store, rows }: { store: FeedStore<Webhook>; rows: readonly Webhook[] }) {
  return (
    <div ref={store.list}>
      <table class="rows webhooks">
        <thead>
          <tr>
            <th>State</th>
            <th>Name</th>
            <th>Address</th>
            <th class="number">Success</th>
            <th class="number">Attempts</th>
            <th class="number">Waiting</th>
            <th class="number">Last used</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((webhook) => (
            <WebhookRow key={webhook.id} webhook={webhook} />
          ))}
        </tbody>
      </table>
      <More
        shown={rows.length}
        total={store.total.value}
        noun="webhooks"
        hasMore={store.cursor.value !== null}
        isLoading={store.isLoading.value}
        onMore={() => store.more()}
      />
    </div>
  );
}

function WebhookRow({ webhook }: { webhook: Webhook }) {
  const trouble = troubleOf(webhook, now.value);
  return (
    <tr data-row={webhook.id}>
      <td class="c-state">
        <HealthMark status={webhook.health_status} isPaused={!webhook.is_active} />
        {trouble && trouble !== 'paused' ? <span class="faint"> {trouble}</span> : null}
      </td>
      <td class="c-main">
        <a class="row-link" href={href(`/webhooks/${webhook.id}`)}>
          {webhook.name}
        </a>
      </td>
      <td class="c-sub mono faint" title={webhook.url}>
        {webhook.url}
      </td>
      <td class="number">{percent(webhook.success_rate_percent)}</td>
      <td class="number wide-only">{count(webhook.total_deliveries)}</td>
      <td class="number wide-only">{webhook.pending_deliveries > 0 ? count(webhook.pending_deliveries) : ''}</td>
      <td class="c-time number">
        <Time at={webhook.last_used_at} />
      </td>
    </tr>
  );
}

function NoWebhooks({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No webhook matches these filters" />;
  return (
    <Empty
      title="There is no webhook yet"
      lessons={[
        { label: 'A receiver to try with', text: demoReceiver },
        { label: 'Create a webhook', text: curlWebhook(location.origin) },
      ]}
    >
      <p>
        A webhook is an address that gets your alerts as signed POSTs.{' '}
        <a href={href('/webhooks/new')}>Create one here</a> or with curl.
      </p>
    </Empty>
  );
}

function useLiveHealth(store: FeedStore<Webhook>): void {
  useEffect(
    () =>
      onMessages('webhook_status_changed', (messages) => {
        for (const { webhook_id, health_status, success_rate_percent } of messages) {
          store.patch(webhook_id, { health_status, success_rate_percent });
        }
      }),
    [store],
  );
}
