// The live feed of alerts: filters in the address, acknowledging and resolving one or many by keyboard.
import type { Alert } from '../api/types.ts';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { count } from '../format/numbers.ts';
import { focusedRowId, useKeys } from '../keyboard.ts';
import { onMessages } from '../live/link.ts';
import { AlertTable } from '../parts/alert_table.tsx';
import { Empty } from '../parts/empty.tsx';
import { Choice, FilterBar, SearchField } from '../parts/filters.tsx';
import { HeldBar } from '../parts/held_bar.tsx';
import { More } from '../parts/more.tsx';
import { say } from '../parts/notices.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { query } from '../router.ts';
import { act } from '../stores/act.ts';
import { acknowledgeAlerts, listAlerts, resolveAlerts } from '../stores/alerts.ts';
import { type FeedStore, useFeed } from '../stores/feed.ts';
import { carriedQuery, listBounds } from '../url_state.ts';
import { alertMatches } from '../words/alert.ts';
import { curlAlert, sqlAlert } from '../words/teach.ts';

const filterNames = ['q', 'status', 'severity', 'alert_type'];

export function AlertsPage() {
  const filters = {
    ...Object.fromEntries(filterNames.map((name) => [name, query.value.get(name)])),
  };
  const time = carriedQuery(query.value);
  const store = useFeed(JSON.stringify(filters) + time, (cursor, signal) =>
    listAlerts({ ...filters, ...listBounds(query.peek(), Date.now()) }, cursor, signal),
  );
  const marked = useSignal<ReadonlySet<number>>(new Set());
  useLiveAlerts(store, (alert) => alertMatches(alert, { ...filters, until: query.peek().get('until') }));
  const toggle = (id: number) => {
    marked.value = marked.peek().has(id)
      ? new Set([...marked.peek()].filter((other) => other !== id))
      : new Set([...marked.peek(), id]);
  };
  const change = (to: 'acknowledged' | 'resolved') => changeAlerts(store, marked, to);
  useKeys({ a: () => change('acknowledged'), e: () => change('resolved'), x: () => withFocused(toggle) });
  const { rows, held } = store.feed.value;
  return (
    <div class="page">
      <header class="page-head">
        <h1>Alerts</h1>
        <HeldBar held={held.length} onLetIn={() => store.letIn()} />
        {marked.value.size > 0 ? (
          <div class="actions">
            <span class="faint">{count(marked.value.size)} marked</span>
            <button type="button" class="button" aria-keyshortcuts="a" onClick={() => change('acknowledged')}>
              Acknowledge
            </button>
            <button type="button" class="button" aria-keyshortcuts="e" onClick={() => change('resolved')}>
              Resolve
            </button>
            <button type="button" class="button quiet" onClick={() => (marked.value = new Set())}>
              Unmark
            </button>
          </div>
        ) : null}
      </header>
      <AlertFilters />
      {store.problem.value ? <ProblemNote problem={store.problem.value} onRetry={() => store.reload()} /> : null}
      {rows.length > 0 ? (
        <div ref={store.list}>
          <AlertTable rows={rows} freshIds={store.freshIds.value} marked={marked.value} onMark={toggle} />
          <More
            shown={rows.length}
            total={store.total.value}
            noun="alerts"
            hasMore={store.cursor.value !== null}
            isLoading={store.isLoading.value}
            onMore={() => store.more()}
          />
        </div>
      ) : null}
      {rows.length === 0 && !store.isLoading.value && !store.problem.value ? (
        <NoAlerts isFiltered={time !== '' || Object.values(filters).some(Boolean)} />
      ) : null}
    </div>
  );
}

function AlertFilters() {
  return (
    <FilterBar names={filterNames}>
      <SearchField label="Search message and type" />
      <Choice
        label="Status"
        name="status"
        options={[
          { value: '', word: 'Any status' },
          { value: 'pending', word: 'Pending' },
          { value: 'acknowledged', word: 'Acknowledged' },
          { value: 'resolved', word: 'Resolved' },
        ]}
      />
      <Choice
        label="Severity"
        name="severity"
        options={[
          { value: '', word: 'Any severity' },
          { value: 'CRITICAL', word: 'Critical' },
          { value: 'WARNING', word: 'Warning' },
          { value: 'INFO', word: 'Info' },
        ]}
      />
      <SearchField label="Type, such as order.paid" name="alert_type" isMain={false} />
    </FilterBar>
  );
}

function NoAlerts({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No alert matches these filters" />;
  return (
    <Empty
      title="No alert has been raised yet"
      lessons={[
        { label: 'Over HTTP', text: curlAlert(location.origin) },
        { label: 'Within your own transaction', text: sqlAlert },
      ]}
    >
      <p>An alert says what happened. Every webhook whose events match it gets it, signed, at least once.</p>
    </Empty>
  );
}

function withFocused(use: (id: number) => void): void {
  const id = focusedRowId();
  if (id !== null) use(id);
}

/** The marked alerts, or else the one with the focus. */
async function changeAlerts(
  store: FeedStore<Alert>,
  marked: { value: ReadonlySet<number> },
  to: 'acknowledged' | 'resolved',
): Promise<void> {
  const focused = focusedRowId();
  const ids = marked.value.size > 0 ? [...marked.value] : focused === null ? [] : [focused];
  if (ids.length === 0) {
    say('Mark alerts with x, or move to one with j and k, first.');
    return;
  }
  const isDone = await act(async () => {
    const { failed } = to === 'acknowledged' ? await acknowledgeAlerts(ids) : await resolveAlerts(ids);
    const done = ids.length - failed;
    say(`${count(done)} ${to}${failed > 0 ? `; ${count(failed)} could not be: they may be resolved already` : ''}.`);
  }, null);
  if (!isDone) return;
  for (const id of ids) store.patch(id, { status: to });
  marked.value = new Set();
  store.reload();
}

/** New alerts come as rows, changed ones change theirs. */
function useLiveAlerts(store: FeedStore<Alert>, isWanted: (alert: Alert) => boolean): void {
  useEffect(() => {
    const leaveNew = onMessages('alert_new', (messages) => {
      const alerts = messages.map(
        ({ alert_id, severity, message, alert_type, status, created_at }): Alert => ({
          id: alert_id,
          alert_type,
          severity,
          message,
          status,
          operation_type: null,
          context: {},
          dedupe_key: null,
          delivery_count: 0,
          created_at,
          acknowledged_at: null,
          acknowledged_by: null,
          resolved_at: null,
          resolved_by: null,
          notes: null,
        }),
      );
      const wanted = alerts.filter(isWanted);
      if (wanted.length > 0) store.add(wanted);
    });
    const leaveChanged = onMessages('alert_updated', (messages) => {
      const changed = new Set(messages.flatMap(({ alert_ids }) => alert_ids));
      const isConcerned = store.feed.peek().rows.some(({ id }) => changed.has(id));
      if (isConcerned || messages.some(({ alert_ids }) => alert_ids.length === 0)) store.reload();
    });
    return () => {
      leaveNew();
      leaveChanged();
    };
  }, [store]);
}
