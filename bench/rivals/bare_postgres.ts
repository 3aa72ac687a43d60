// Bare postgres.js that calls our SQL functions, or inserts two rows, so many at a time. Usage: bun bench/rivals/bare_postgres.ts DATABASE.
import postgres from 'postgres';
import { makeAlert } from '../http/alerts.ts';
import { serveRuns } from '../http/runner.ts';
import { loop } from '../http/timings.ts';

/** `webhook_ids`: those that `get_webhook` goes through. */
export type BareOrder = { call: keyof typeof calls; inFlight: number; ms: number; warmMs: number };

const [databaseUrl = ''] = process.argv.slice(2);
const sql = postgres(databaseUrl, { max: 10, onnotice: () => undefined });
const ids = (await sql<{ id: number }[]>`select webhook_id as id from tocsin_data.webhooks`).map(({ id }) => id);
const { alert_type, message, context } = makeAlert(0);
const batch = Array.from({ length: 1000 }, (_, n) => makeAlert(n));
const payload = JSON.stringify(context);
let next = 0;

const calls = {
  get_webhook: () => sql`select * from tocsin.get_webhook(1, ${ids[next++ % ids.length] as number})`,
  raise_alert: () =>
    sql`select tocsin.raise_alert(p_alert_type => ${alert_type}, p_message => ${message}, p_context => ${sql.json(context)})`,
  raise_alerts: () => sql`select * from tocsin.raise_alerts(${sql.json(batch)})`,
  two_inserts: () =>
    // Sent together: the second does not wait for the answer of the first.
    sql.begin((tx) => [
      tx`insert into bench_raise.alerts (id, alert_type, severity, payload)
         values (nextval('bench_raise.ids'), ${alert_type}, 'INFO', ${payload})`,
      tx`insert into bench_raise.jobs (alert_id, webhook_id) values (currval('bench_raise.ids'), 1)`,
    ]),
};

serveRuns<BareOrder>(({ call, inFlight, ms, warmMs }) => loop(calls[call], inFlight, ms, warmMs));
