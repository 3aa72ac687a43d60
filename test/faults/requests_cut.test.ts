// The server's database sessions are cut while requests come: reads are answered all the same, and no alert is raised twice.
import { afterAll, expect, test } from 'bun:test';
import { CallPool } from '../../src/store/call_pool.ts';
import { startBrokenLine } from '../support/broken_line.ts';
import { testHttp } from '../support/http.ts';
import { makeWebhooks } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql, url } = await testDatabase();
const address = new URL(url);
const line = await startBrokenLine(Number(address.port));
address.port = String(line.port);
const pool = new CallPool(address.href, 4, { applicationName: 'requests cut' });
afterAll(async () => {
  await pool.end({ timeout: 1 });
  line.stop();
});
const http = await testHttp({ sql, pool, config: { rateLimit: 1_000_000 } });
const headers = await http.bearer();
const [webhook] = await makeWebhooks(sql, 1);

const ways = {
  'by an operator': () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'requests cut'`,
  'by the network': async () => line.cut(),
};

test.each(Object.keys(ways) as (keyof typeof ways)[])(
  'cut %s, reads never fail and alerts at most once',
  async (way) => {
    const statuses = {
      read: new Map<number, number>(),
      list: new Map<number, number>(),
      raise: new Map<number, number>(),
    };
    const raised: string[] = [];
    let isOver = false;
    const client = async (kind: keyof typeof statuses, progress: { answers: number }) => {
      while (!isOver) {
        const message = `${way} ${Bun.randomUUIDv7()}`;
        const answer =
          kind === 'raise'
            ? await http.post('/api/v1/alerts', { message, alert_type: 'x', severity: 'INFO' }, headers)
            : await http.get(`/api/v1/webhooks${kind === 'read' ? `/${webhook}` : ''}`, headers);
        statuses[kind].set(answer.status, (statuses[kind].get(answer.status) ?? 0) + 1);
        if (answer.status === 201) raised.push(message);
        progress.answers++;
      }
    };
    const begun = (['read', 'list', 'raise'] as const).flatMap((kind) =>
      Array.from({ length: 3 }, () => {
        const progress = { answers: 0 };
        return { progress, ended: client(kind, progress) };
      }),
    );
    // No request meets two cuts: a read that does is lost.
    for (let i = 0; i < 3; i++) {
      const before = begun.map(({ progress }) => progress.answers);
      await until(() => begun.every(({ progress }, n) => progress.answers > (before[n] as number) + 1));
      await ways[way]();
    }
    isOver = true;
    await Promise.all(begun.map(({ ended }) => ended));
    expect([...statuses.read.keys(), ...statuses.list.keys()]).toEqual([200, 200]);
    expect([...statuses.raise.keys()].filter((status) => status !== 201 && status !== 503)).toEqual([]);
    const rows = await sql<
      { message: string }[]
    >`select message from tocsin_data.alerts where starts_with(message, ${way})`;
    const kept = rows.map(({ message }) => message);
    expect(new Set(kept).size).toBe(kept.length);
    expect(raised.length).toBeGreaterThan(0);
    expect(raised.filter((message) => !kept.includes(message))).toEqual([]);
  },
);
