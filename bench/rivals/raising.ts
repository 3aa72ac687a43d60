// What `raise` compares: raise_alert for 1 to 100 webhooks, and two bare inserts, each by a client and in the server.
import { makeApi } from '../../src/store/api.ts';
import type { Sql } from '../../src/store/sql.ts';
import type { BenchDatabase } from '../place.ts';

/** Raises so many alerts, one after another, each in its own transaction. */
export type Raiser = {
  name: string;
  byClient: (count: number) => Promise<void>;
  inServer: (count: number) => Promise<void>;
};

/** Makes the tables of the bare inserts, and the procedures that loop in the server. */
export async function installBareInserts(sql: Sql): Promise<void> {
  await sql`create schema bench_raise`;
  await sql`create table bench_raise.alerts (
    id bigint primary key, alert_type text not null, severity text not null, payload text not null,
    created_at timestamptz not null default now())`;
  await sql`create table bench_raise.jobs (
    id bigint generated always as identity primary key, alert_id bigint not null, webhook_id integer not null,
    due_at timestamptz not null default now())`;
  await sql`create sequence bench_raise.ids`;
  await sql`create procedure bench_raise.insert_many(p_count integer) language plpgsql as $$
    declare v_id bigint;
    begin
      for i in 1..p_count loop
        v_id := nextval('bench_raise.ids');
        insert into bench_raise.alerts (id, alert_type, severity, payload)
          values (v_id, 'bench.to_1_0', 'INFO', '{"order":1,"pad":"' || repeat('x', 450) || '"}');
        insert into bench_raise.jobs (alert_id, webhook_id) values (v_id, 1);
        commit;
      end loop;
    end $$`;
  await sql`create procedure bench_raise.raise_many(p_count integer, p_alert_type text) language plpgsql as $$
    declare v_context jsonb := jsonb_build_object('customer', 0, 'pad', repeat('x', 300));
    begin
      for i in 1..p_count loop
        perform tocsin.raise_alert(p_alert_type, 'An order was paid.', 'INFO', v_context);
        commit;
      end loop;
    end $$`;
}

/** The bare inserts first, then raising to as many webhooks as are asked for. */
export function makeRaisers({ sql }: BenchDatabase, fanOuts: readonly number[]): Raiser[] {
  const { alerts } = makeApi(sql);
  const payload = `{"order":1,"pad":"${'x'.repeat(450)}"}`;
  const context = { order: 1, pad: 'x'.repeat(300) };
  const bare: Raiser = {
    name: 'two bare inserts',
    async byClient(count) {
      for (let i = 0; i < count; i++)
        // Sent together: the second does not wait for the first one's answer.
        await sql.begin((tx) => [
          tx`insert into bench_raise.alerts (id, alert_type, severity, payload)
             values (nextval('bench_raise.ids'), 'bench.to_1_0', 'INFO', ${payload})`,
          tx`insert into bench_raise.jobs (alert_id, webhook_id) values (currval('bench_raise.ids'), 1)`,
        ]);
    },
    inServer: async (count) => void (await sql`call bench_raise.insert_many(${count})`),
  };
  const raisers = fanOuts.map((fanOut): Raiser => {
    const type = `bench.to_${fanOut}_0`;
    return {
      name: `raise_alert to ${fanOut}`,
      async byClient(count) {
        for (let i = 0; i < count; i++)
          await alerts.raise_alert({ p_alert_type: type, p_message: 'An order was paid.', p_context: context });
      },
      inServer: async (count) => void (await sql`call bench_raise.raise_many(${count}, ${type})`),
    };
  });
  return [bare, ...raisers];
}
