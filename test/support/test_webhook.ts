// A webhook of a test: an event, a path and a secret of its own, and what became of its deliveries.
import type { Api } from '../../src/store/api.ts';
import { generateSecret } from '../../src/store/secrets.ts';
import type { Sql } from '../../src/store/sql.ts';
import type { Vault } from '../../src/store/vault.ts';
import type { Behaviour, ReceivedRequest, Receiver } from './receiver.ts';
import { PATIENCE_MS, until } from './wait.ts';

/** Arguments of `create_webhook` that differ from the test's own, and how the receiver behaves at its path. */
export type WebhookChanges = Partial<Parameters<Api['webhooks']['create_webhook']>[0]> & {
  behaviour?: Behaviour | Behaviour[];
};

/** A row of the log. */
export type Attempt = {
  delivery_id: number;
  alert_id: number;
  attempt: number;
  status: string;
  status_code: number | null;
  error: string | null;
  response_body: string | null;
  attempted_at: Date;
  next_attempt_at: Date | null;
};

export type TestWebhook = {
  id: number;
  /** Only alerts of this type reach it. */
  event: string;
  path: string;
  secret: string;
  /** Raises so many alerts in one transaction; their ids, in order. */
  raise(count?: number): Promise<number[]>;
  /** The requests that came, as soon as there are that many. */
  received(count: number, timeoutMs?: number): Promise<ReceivedRequest[]>;
  /** Every attempt so far, in the order of recording. */
  attempts(): Promise<Attempt[]>;
  /** The log as soon as it has so many attempts. */
  attempted(count: number, timeoutMs?: number): Promise<Attempt[]>;
  row(): Promise<NonNullable<Awaited<ReturnType<Api['webhooks']['get_webhook']>>>>;
  change(changes: Record<string, unknown>): Promise<unknown>;
};

type Parts = { sql: Sql; api: Api; receiver: Receiver; vault: Vault };

let count = 0;

export async function makeTestWebhook(
  { sql, api, receiver, vault }: Parts,
  changes: WebhookChanges,
): Promise<TestWebhook> {
  const { behaviour, ...columns } = changes;
  const event = `test.e${++count}`;
  const path = `/${event}`;
  const secret = generateSecret();
  if (behaviour !== undefined) receiver.on(path, behaviour);
  const id = await api.webhooks.create_webhook({
    p_tenant_id: 1,
    p_name: event,
    p_url: `${receiver.url}${path}`,
    p_events: [event],
    p_secret_sealed: vault.seal(secret, 'webhook_secret'),
    p_retry_policy: { schedule: [0.05], max_retries: 3 },
    ...columns,
  });
  const attempts = async () => {
    const rows = await sql<
      Attempt[]
    >`select * from tocsin_data.alert_delivery_log where webhook_id = ${id} order by attempted_at, delivery_id`;
    return Array.from(rows);
  };
  return {
    id,
    event,
    path,
    secret,
    raise: (n = 1) =>
      api.alerts.raise_alerts({
        p_alerts: Array.from({ length: n }, (_, i) => ({ alert_type: event, message: `m${i}` })),
      }),
    received: (n, timeoutMs = PATIENCE_MS) => receiver.waitFor(n, { path, timeoutMs }),
    attempts,
    attempted: (n, timeoutMs = PATIENCE_MS) =>
      until(async () => ((await attempts()).length >= n ? attempts() : undefined), {
        timeoutMs,
        what: `${n} attempts`,
      }),
    row: async () => {
      const row = await api.webhooks.get_webhook({ p_tenant_id: 1, p_webhook_id: id });
      if (row === null) throw new Error('The webhook is gone.');
      return row;
    },
    change: (p_changes) => api.webhooks.update_webhook({ p_tenant_id: 1, p_webhook_id: id, p_changes }),
  };
}
