// One alert: what happened, its context, who got it and who did not and why, its notes, and acknowledging it.
import type { Alert, Why } from '../api/types.ts';
import { useEffect, useRef } from 'preact/hooks';
import { now } from '../clock.ts';
import { useKeys } from '../keyboard.ts';
import { onMessages } from '../live/link.ts';
import { Code } from '../parts/code.tsx';
import { AlertMark, DeliveryMark, SeverityMark, Word } from '../parts/marks.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Time } from '../parts/time.tsx';
import { Tree } from '../parts/tree.tsx';
import { href } from '../router.ts';
import { act } from '../stores/act.ts';
import { acknowledgeAlert, getAlert, resolveAlert, whyNotDelivered } from '../stores/alerts.ts';
import { type Resource, useResource } from '../stores/resource.ts';
import { pretty } from '../words/pretty.ts';
import { splitWhy, withLocalTimes } from '../words/alert.ts';

export function AlertPage({ id }: { id: number }) {
  const alert = useResource(`alert ${id}`, (signal) => getAlert(id, signal));
  const why = useResource(`why ${id}`, (signal) => whyNotDelivered(id, signal), { everyMs: 5_000 });
  useEffect(() => {
    const leaveChanged = onMessages('alert_updated', (messages) => {
      if (messages.some(({ alert_ids }) => alert_ids.length === 0 || alert_ids.includes(id))) alert.reload();
    });
    const leaveFinished = onMessages('delivery_finished', (messages) => {
      if (messages.some((message) => message.alert_id === id)) why.reload();
    });
    return () => {
      leaveChanged();
      leaveFinished();
    };
  }, [id]);
  if (!alert.value) {
    return (
      <div class="page">{alert.problem ? <ProblemNote problem={alert.problem} onRetry={alert.reload} /> : null}</div>
    );
  }
  return (
    <div class="page alert-page">
      <AlertHead alert={alert.value} />
      <div class="columns">
        <div class="stack">
          <section class="block" aria-label="Deliveries">
            {why.problem ? (
              <ProblemNote problem={why.problem} onRetry={why.reload} />
            ) : (
              <WhyTables rows={why.value ?? []} />
            )}
          </section>
          <section class="block">
            <h2>Context</h2>
            <Tree value={alert.value.context} />
          </section>
          {alert.value.payload ? (
            <section class="block">
              <h2>What receivers get</h2>
              <Code text={alert.value.payload} shown={pretty(alert.value.payload)} label="Body" lines={12} />
            </section>
          ) : null}
        </div>
        <AlertSide resource={alert} alert={alert.value} />
      </div>
    </div>
  );
}

function AlertHead({ alert }: { alert: Alert }) {
  return (
    <header class="page-head detail">
      <p class="crumbs">
        <a href={href('/alerts')}>Alerts</a> <span class="mono faint">{alert.id}</span>
      </p>
      <h1>{alert.message}</h1>
      <p class="facts">
        <SeverityMark severity={alert.severity} />
        <AlertMark status={alert.status} />
        <span class="mono">{alert.alert_type}</span>
        {alert.operation_type ? <span class="mono">{alert.operation_type}</span> : null}
        <span>
          raised <Time at={alert.created_at} />
        </span>
      </p>
    </header>
  );
}

function AlertSide({ resource, alert }: { resource: Resource<Alert>; alert: Alert }) {
  const notes = useRef<HTMLTextAreaElement>(null);
  const acknowledge = async () => {
    const text = notes.current?.value.trim() || null;
    await act(async () => resource.set({ ...alert, ...(await acknowledgeAlert(alert.id, text)) }), 'Acknowledged.');
  };
  const resolve = async () => {
    const text = notes.current?.value.trim() || null;
    await act(async () => resource.set({ ...alert, ...(await resolveAlert(alert.id, text)) }), 'Resolved.');
  };
  useKeys({ a: () => void acknowledge(), e: () => void resolve() });
  return (
    <aside class="side" aria-label="Handling">
      {alert.status !== 'resolved' ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void acknowledge();
          }}
        >
          <label>
            Notes
            <textarea ref={notes} rows={4} maxLength={2000} defaultValue={alert.notes ?? ''} />
          </label>
          <div class="actions">
            {alert.status === 'pending' ? (
              <button type="submit" class="button primary" aria-keyshortcuts="a">
                Acknowledge
              </button>
            ) : null}
            <button type="button" class="button" aria-keyshortcuts="e" onClick={resolve}>
              Resolve
            </button>
          </div>
        </form>
      ) : null}
      <dl class="pairs">
        <Pair name="Acknowledged" at={alert.acknowledged_at} by={alert.acknowledged_by} />
        <Pair name="Resolved" at={alert.resolved_at} by={alert.resolved_by} />
        {alert.status === 'resolved' && alert.notes ? (
          <div>
            <dt>Notes</dt>
            <dd class="pre">{alert.notes}</dd>
          </div>
        ) : null}
        {alert.dedupe_key ? (
          <div>
            <dt>Dedupe key</dt>
            <dd class="mono">{alert.dedupe_key}</dd>
          </div>
        ) : null}
      </dl>
    </aside>
  );
}

function Pair({ name, at, by }: { name: string; at: string | null; by: string | null }) {
  if (!at) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Time at={at} /> {by ? `by ${by}` : ''}
      </dd>
    </div>
  );
}

function WhyTables({ rows }: { rows: readonly Why[] }) {
  const { got, waits, missed } = splitWhy(rows);
  if (rows.length === 0) return <p class="faint">There was no webhook to send it to.</p>;
  return (
    <>
      <h2>Who got it</h2>
      {got.length > 0 ? <WhyTable rows={got} /> : <p class="faint">Nobody yet.</p>}
      {waits.length > 0 ? <h2>Who has not got it yet, and why</h2> : null}
      {waits.length > 0 ? <WhyTable rows={waits} /> : null}
      {missed.length > 0 ? <h2>Who does not get it, and why</h2> : null}
      {missed.length > 0 ? <WhyTable rows={missed} /> : null}
    </>
  );
}

function WhyTable({ rows }: { rows: readonly Why[] }) {
  return (
    <table class="rows why">
      <tbody>
        {rows.map((row) => (
          <tr key={row.webhook_id} data-row={row.delivery_id ?? row.webhook_id}>
            <td class="c-state">
              <WhyMark outcome={row.outcome} />
            </td>
            <td class="c-main">
              <a
                class="row-link"
                href={href(row.delivery_id ? `/deliveries/${row.delivery_id}` : `/webhooks/${row.webhook_id}`)}
              >
                {row.webhook_name}
              </a>
            </td>
            <td class="c-reason">
              {withLocalTimes(row.reason, now.value)}{' '}
              {row.until_at && Date.parse(row.until_at) > now.value ? (
                <span class="faint">
                  (<Time at={row.until_at} />)
                </span>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function WhyMark({ outcome }: { outcome: Why['outcome'] }) {
  if (outcome === 'not_matched') return <Word shape="bar" tone="unknown" word="No match" />;
  return <DeliveryMark status={outcome} />;
}
