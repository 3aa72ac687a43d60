// Fills a server for pictures: webhooks of a shop, some in trouble, a day of history, and alerts that go on coming.
import { startEmbedded } from '../../src/store/embedded.ts';
import { openSql, type Sql } from '../../src/store/sql.ts';
import { until } from './wait.ts';

export interface Seeded {
  /** The paths of the pages to be taken, by name. */
  pages: Record<string, string>;
  stop(): Promise<void>;
}

const names = [
  ['Billing', 'ok'],
  ['Order archive', 'slow'],
  ['Support desk', 'ok'],
  ['Fraud checks', 'slow'],
  ['Data warehouse', 'slow'],
  ['Shipping labels', 'slow'],
  ['Slack #payments', 'ok'],
  ['Loyalty points', 'slow'],
  ['Acme B.V.', 'ok'],
  ['Globex GmbH', 'slow'],
  ['Partner CRM', 'down'],
  ['Tax reports', 'wrong'],
] as const;

const alerts = [
  [
    'order.paid',
    'INFO',
    'Order 48213 was paid',
    { amount: 129.9, currency: 'EUR', customer: { id: 8812, name: 'Acme B.V.' } },
  ],
  ['order.refunded', 'INFO', 'Order 48101 was refunded', { amount: 45, currency: 'EUR', reason: 'damaged' }],
  ['payment.failed', 'WARNING', 'Card declined for invoice 9921, third time in a row', { invoice: 9921, tries: 3 }],
  ['stock.low', 'WARNING', 'Only 4 left of SKU A-1042', { sku: 'A-1042', left: 4 }],
  [
    'login.suspicious',
    'CRITICAL',
    'Five failed logins of an administrator',
    { user: 'maria', tries: 5, countries: ['NL', 'BR'] },
  ],
] as const;

/** Resolves when there is enough to see. */
export async function seed(origin: string, postgresFolder: string): Promise<Seeded> {
  const receiver = receive();
  const embedded = await startEmbedded({ directory: postgresFolder });
  const sql = openSql(embedded.url, { max: 2 });
  const post = (path: string, body: unknown) => send(origin, path, body);
  for (const [name, path] of names) {
    await post('/webhooks', {
      name,
      url: `${receiver.url.origin}/${path}`,
      ...(path === 'down' || path === 'wrong' ? { events: ['order.*'] } : {}),
    });
  }
  await post('/webhooks', { name: 'Old mailer', url: `${receiver.url.origin}/ok`, is_active: false });
  await writeHistory(sql);
  let raised = 0;
  const raise = async (count: number) => {
    const batch = Array.from({ length: count }, () => {
      raised += 1;
      const [alert_type, severity, message, context] =
        alerts[(raised * 7 + Math.floor(raised / 5)) % alerts.length] ?? alerts[0];
      return { alert_type, severity, message, context };
    });
    await post('/alerts/batch', batch);
  };
  for (let round = 0; round < 20; round += 1) {
    await raise(4);
    await Bun.sleep(500);
  }
  await seeTo(origin);
  const timer = setInterval(() => {
    void raise(1).catch(() => undefined);
    // Applications read, too.
    for (let read = 0; read < 20; read += 1)
      void fetch(`${origin}/api/v1/webhooks/${names.length + 1}`).catch(() => undefined);
  }, 400);
  const broken = await until(() => findId(origin, '/webhooks?health_status=unavailable'), { timeoutMs: 30_000 });
  const tried = await findTried(sql, broken);
  const alert = await findId(origin, '/alerts?alert_type=order.paid');
  return {
    pages: {
      overview: '/dashboard',
      webhooks: '/dashboard/webhooks',
      webhook: `/dashboard/webhooks/${broken}`,
      'webhook-edit': `/dashboard/webhooks/${broken}/edit`,
      alerts: '/dashboard/alerts',
      alert: `/dashboard/alerts/${alert}`,
      deliveries: '/dashboard/deliveries',
      delivery: `/dashboard/deliveries/${tried}`,
      system: '/dashboard/system',
    },
    async stop() {
      clearInterval(timer);
      await sql.end({ timeout: 1 });
      await embedded.stop();
      await receiver.stop(true);
    },
  };
}

/** Answers as its path says: well, after a while, seldom wrong, or never well. */
function receive() {
  let turn = 0;
  return Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      await request.text();
      const { pathname } = new URL(request.url);
      if (pathname === '/down') return new Response('<h1>Down for maintenance</h1>', { status: 503 });
      turn += 1;
      if (pathname === '/wrong' && turn % 30 === 0) return Response.json({ error: 'deadlock' }, { status: 500 });
      if (pathname === '/slow') await Bun.sleep(25 + ((turn * 37) % 90));
      return Response.json({ received: true });
    },
  });
}

async function send(origin: string, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${origin}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
}

/** Some alerts are acknowledged, some resolved. */
async function seeTo(origin: string): Promise<void> {
  const answer = await fetch(`${origin}/api/v1/alerts?page_size=30`);
  const ids = ((await answer.json()) as { items: { id: number }[] }).items.map(({ id }) => id);
  await send(origin, '/alerts/acknowledge', { alert_ids: ids.filter((_, index) => index % 3 === 1) });
  for (const id of ids.filter((_, index) => index % 5 === 2))
    await send(origin, `/alerts/${id}/resolve`, { notes: 'Seen to.' });
}

/** The first of a list. */
async function findId(origin: string, path: string): Promise<number | undefined> {
  const answer = await fetch(`${origin}/api/v1${path}`);
  const { items } = (await answer.json()) as { items: { id: number }[] };
  return items[0]?.id;
}

/** The delivery of this webhook that was tried most often. */
async function findTried(sql: Sql, webhookId: number): Promise<number> {
  const [row] = await sql`select delivery_id from tocsin_data.alert_delivery_log
    where webhook_id = ${webhookId} order by attempt desc, delivery_id limit 1`;
  return Number(row?.delivery_id);
}

/** A day of minutes, five minutes and hours as the history would hold them: a day's rhythm, and trouble in the last hour. */
async function writeHistory(sql: Sql): Promise<void> {
  await sql`select tocsin_internal.keep_history_partitions(now() - interval '2 days', now())`;
  for (const [step, by] of [
    [60, '1 minute'],
    [300, '5 minutes'],
    [3_600, '1 hour'],
  ] as const) {
    await sql`
      with grid as (
        select w.webhook_id, at, 3.5 + 2.5 * sin(extract(epoch from at) / 13750)
                 + 0.8 * sin(extract(epoch from at) / 300 + w.webhook_id) as load,
               case when w.name = 'Partner CRM' and at > now() - interval '70 minutes' then 1.0
                    when w.name = 'Tax reports' then 0.12
                    when (w.webhook_id * 7 + extract(epoch from at)::bigint / 3600) % 23 = 0 then 0.05 else 0.002 end as failing
          from tocsin_data.webhooks w
         cross join generate_series(date_bin(${by}::interval, now() - interval '24 hours', '2000-01-01Z'),
           date_bin(${by}::interval, now(), '2000-01-01Z') - ${by}::interval, ${by}::interval) at
         where w.is_active),
      rows as (
        select webhook_id, at, round(load * ${step})::integer as attempts,
               round(load * ${step} * (1 - failing))::integer as delivered from grid),
      both_kinds as (
        select webhook_id, at, attempts, delivered from rows
        union all select 0, at, sum(attempts), sum(delivered) from rows group by at)
      insert into tocsin_data.history (step_seconds, starts_at, tenant_id, webhook_id, attempts, delivered, given_up, cancelled,
        queue_depth, oldest_due_seconds, breaker_open_seconds, rate_limited_seconds, latency_buckets, latency_counts)
      select ${step}, at, 1, webhook_id, attempts, delivered, 0, 0, 2 + attempts % 5, 1, 0, 0,
             case when delivered > 0 then '{24,28,33,40,49,62}'::smallint[] else '{}' end,
             case when delivered > 0 then array[delivered * 4, delivered * 40, delivered * 30, delivered * 20,
               delivered * (4 + 3 * sin(extract(epoch from at) / 200)), delivered]::integer[]
               else '{}' end
        from both_kinds where attempts > 0
      on conflict do nothing`;
  }
}
