// The list of deliveries, with filters in the address, growing live at the top.
import type { Delivery } from '../api/types.ts';
import { useEffect } from 'preact/hooks';
import { useKeys, focusedRowId } from '../keyboard.ts';
import { onMessages } from '../live/link.ts';
import type { MessageOf } from '../live/messages.ts';
import { DeliveryTable } from '../parts/delivery_table.tsx';
import { Empty } from '../parts/empty.tsx';
import { Choice, FilterBar } from '../parts/filters.tsx';
import { HeldBar } from '../parts/held_bar.tsx';
import { More } from '../parts/more.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { WebhookChoice } from '../parts/webhook_choice.tsx';
import { query } from '../router.ts';
import { listDeliveries } from '../stores/deliveries.ts';
import { type FeedStore, useFeed } from '../stores/feed.ts';
import { retryAndSay } from '../stores/act.ts';
import { carriedQuery, listBounds } from '../url_state.ts';
import { curlAlert, sqlAlert } from '../words/teach.ts';

const filterNames = ['status', 'webhook_id', 'alert_id'];

export function DeliveriesPage() {
  const filters = {
    status: query.value.get('status'),
    webhook_id: query.value.get('webhook_id'),
    alert_id: query.value.get('alert_id'),
  };
  const time = carriedQuery(query.value);
  const store = useFeed(JSON.stringify(filters) + time, (cursor, signal) =>
    listDeliveries({ ...filters, ...listBounds(query.peek(), Date.now()) }, cursor, signal),
  );
  useLiveDeliveries(store, (delivery) => matchesFilters(delivery, filters));
  useKeys({
    r: () => {
      const id = focusedRowId();
      if (id !== null) void retryAndSay(id).then(() => store.reload());
    },
  });
  const { rows, held } = store.feed.value;
  const isFiltered = time !== '' || Object.values(filters).some(Boolean);
  return (
    <div class="page">
      <header class="page-head">
        <h1>Deliveries</h1>
        <HeldBar held={held.length} onLetIn={() => store.letIn()} />
      </header>
      <FilterBar names={filterNames}>
        <Choice
          label="Status"
          name="status"
          options={[
            { value: '', word: 'Any status' },
            { value: 'pending', word: 'Waiting' },
            { value: 'sending', word: 'Sending' },
            { value: 'delivered', word: 'Delivered' },
            { value: 'failed', word: 'Failed' },
            { value: 'cancelled', word: 'Cancelled' },
          ]}
        />
        <WebhookChoice />
      </FilterBar>
      {store.problem.value ? <ProblemNote problem={store.problem.value} onRetry={() => store.reload()} /> : null}
      {rows.length > 0 ? (
        <div ref={store.list}>
          <DeliveryTable rows={rows} freshIds={store.freshIds.value} />
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
      {rows.length === 0 && !store.isLoading.value && !store.problem.value ? (
        <NoDeliveries isFiltered={isFiltered} />
      ) : null}
    </div>
  );
}

function NoDeliveries({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No delivery matches these filters" />;
  return (
    <Empty
      title="Nothing has been delivered yet"
      lessons={[
        { label: 'Raise an alert over HTTP', text: curlAlert(location.origin) },
        { label: 'or within your own transaction', text: sqlAlert },
      ]}
    >
      <p>Each alert becomes one delivery per webhook that it matches.</p>
    </Empty>
  );
}

interface Filters {
  status?: string | null;
  webhook_id?: string | null;
  alert_id?: string | null;
}

function matchesFilters(delivery: Delivery, { status, webhook_id, alert_id }: Filters): boolean {
  if (status && delivery.status !== status) return false;
  if (webhook_id && delivery.webhook_id !== Number(webhook_id)) return false;
  // A list that ends in the past takes in nothing new.
  if (query.peek().has('until')) return false;
  return !alert_id || delivery.alert_id === Number(alert_id);
}

/** Finished deliveries, which are sampled when there are many, change their row or become a new one. */
export function useLiveDeliveries(store: FeedStore<Delivery>, isWanted: (delivery: Delivery) => boolean): void {
  useEffect(
    () =>
      onMessages('delivery_finished', (messages) => {
        const known = new Set([...store.feed.peek().rows, ...store.feed.peek().held].map(({ id }) => id));
        const fresh: Delivery[] = [];
        for (const message of messages) {
          const change = changeOf(message);
          if (known.has(message.delivery_id)) store.patch(message.delivery_id, change);
          else {
            const { delivery_id: id, alert_id, webhook_id, attempted_at } = message;
            fresh.push({ id, alert_id, webhook_id, next_attempt_at: null, created_at: attempted_at, ...change });
          }
        }
        const wanted = fresh.filter(isWanted);
        if (wanted.length > 0) store.add(wanted);
      }),
    [store],
  );
}

/** What a message says of its delivery; one that is tried again waits. */
function changeOf(message: MessageOf<'delivery_finished'>) {
  return {
    status: message.status === 'retrying' ? ('pending' as const) : message.status,
    attempt_count: message.attempt,
    last_status_code: message.status_code,
    last_error: message.error,
    response_ms: message.response_ms,
    last_attempt_at: message.attempted_at,
  };
}
