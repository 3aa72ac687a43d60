// The connections of calls as they are lost: nobody waits for what is gone, and nothing is done twice that must not be.
import { afterAll, expect, test } from 'bun:test';
import { callNames, makeApi } from '../../src/store/api.ts';
import { bindCall, isRead, scalar } from '../../src/store/call.ts';
import { CallPool } from '../../src/store/call_pool.ts';
import * as c from '../../src/store/columns.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql, url } = await testDatabase({ max: 2 });
await sql`create table public.noted (n integer)`;
await sql`create function tocsin.note(p_n integer) returns integer language sql as
  'insert into public.noted values (p_n) returning n'`;
// As a read and as a write: each counts how often it was begun, and ends by being cut.
await sql`create sequence public.begun`;
for (const name of ['get_held', 'hold']) {
  await sql`create function ${sql(`tocsin.${name}`)}() returns bigint language plpgsql as
    $$declare n bigint = nextval('public.begun'); begin if n = 1 then perform pg_sleep(60); end if; return n; end$$`;
}
const pools: CallPool[] = [];
afterAll(() => Promise.all(pools.map((pool) => pool.end({ timeout: 1 }))));

function makePool(max: number) {
  const pool = new CallPool(url, max, { applicationName: 'cut' });
  pools.push(pool);
  const bind = (name: string, params = {}) => bindCall(pool, name, scalar(params, c.bigint), { deadlineMs: 10_000 });
  const note = bind('note', { p_n: c.integer }) as (args: { p_n: number }) => Promise<number>;
  const { get_webhook } = makeApi(pool, { deadlineMs: 10_000 }).webhooks;
  const read = () => get_webhook({ p_tenant_id: 1, p_webhook_id: 1 });
  return { pool, bind, note, read };
}
type Bound = ReturnType<typeof makePool>;

// Which of them it is depends on what the system noticed first.
const losses = ['CONNECTION_CLOSED', 'ECONNRESET', 'EPIPE'];
const codeOf = ({ code = '' }: { code?: string }) => (losses.includes(code) ? 'lost' : code);
const cut = () => sql`select pg_terminate_backend(pid) from pg_stat_activity
  where application_name = 'cut' and datname = current_database()`;
const held = (ms: number) =>
  until(async () => {
    const found = await sql`select from pg_stat_activity where wait_event = 'PgSleep'
      and application_name = 'cut' and query_start < clock_timestamp() - make_interval(secs => ${ms / 1000}::float8)`;
    return found.count > 0;
  });
const notedOnce = async (numbers: number[]) => {
  const rows = await sql<{ n: number }[]>`select n from public.noted order by n`;
  await sql`truncate public.noted`;
  expect(rows.map(({ n }) => n)).toEqual(numbers);
};

/** Asks in every turn of the event loop, so that something is always on its way when a connection closes. */
async function askWhile(ask: (n: number) => Promise<unknown>, act: () => Promise<unknown>): Promise<unknown[]> {
  const outcomes: Promise<unknown>[] = [];
  let isOver = false;
  const turn = () => {
    if (isOver) return;
    outcomes.push(ask(outcomes.length).catch(codeOf));
    setImmediate(turn);
  };
  turn();
  await act();
  isOver = true;
  return Promise.all(outcomes);
}

test('reads that are asked as connections are cut, in every turn of the loop, are all answered', async () => {
  for (const max of [1, 3]) {
    const { read } = makePool(max);
    await Promise.all(Array.from({ length: max }, read));
    for (let i = 0; i < 5; i++) expect(new Set(await askWhile(read, cut))).toEqual(new Set([null]));
  }
});

test('writes that are asked as connections are cut are made once or, if they fail, at most once', async () => {
  const { note } = makePool(3);
  await note({ p_n: -1 });
  let next = 0;
  const refused = new Set<number>();
  for (let i = 0; i < 4; i++) {
    await askWhile(async () => {
      const p_n = next++;
      await note({ p_n }).catch((error) => {
        expect(losses).toContain(error.code);
        refused.add(p_n);
      });
    }, cut);
  }
  const rows = await sql<{ n: number }[]>`select n from public.noted where n >= 0 order by n`;
  const made = rows.map(({ n }) => n);
  expect(new Set(made).size).toBe(made.length);
  const all = Array.from({ length: next }, (_, n) => n);
  expect(all.filter((n) => !refused.has(n) && !made.includes(n))).toEqual([]);
  await sql`truncate public.noted`;
});

async function begin(pool: Bound, name: string) {
  await sql`alter sequence public.begun restart`;
  return pool.bind(name)().catch(codeOf);
}

test('what waits behind a call that is cut was not sent: it goes by another connection, once', async () => {
  const bound = makePool(1);
  await bound.read();
  const lost = begin(bound, 'hold');
  await held(0);
  // None of these was asked by this connection before: postgres.js holds back all behind the first until it is described.
  const numbers = Array.from({ length: 9 }, (_, n) => n);
  const noted = numbers.map((p_n) => bound.note({ p_n }).catch(codeOf));
  // The first of them was on its way: nobody can know that it was not done.
  await cut();
  expect(await lost).toBe('lost');
  expect(await Promise.all(noted)).toEqual(['lost', ...numbers.slice(1)]);
  await notedOnce(numbers.slice(1));
});

test('a read that is cut is asked once more, a write is not, and neither is a read that took long', async () => {
  for (const [name, ms, outcome, begun] of [
    ['get_held', 0, 2, 2],
    ['hold', 0, 'lost', 1],
    ['get_held', 1_001, 'lost', 1],
  ] as const) {
    const bound = makePool(2);
    const answer = begin(bound, name);
    await held(ms);
    await cut();
    expect(await answer).toBe(outcome);
    expect(await sql`select last_value::int as n from public.begun`).toEqual([{ n: begun }] as never);
    // What ended the old session is not what the next statement is told.
    expect(await bound.note({ p_n: 1 })).toBe(1);
    await notedOnce([1]);
  }
});

test('there are never more connections than the most, and none is left when the pool has ended', async () => {
  const { pool, read } = makePool(3);
  const connections = async () =>
    (await sql`select from pg_stat_activity where application_name = 'cut' and datname = current_database()`).count;
  await Promise.all(pools.filter((each) => each !== pool).map((each) => each.end({ timeout: 1 })));
  await until(async () => (await connections()) === 0);
  await Promise.all(Array.from({ length: 50 }, read));
  expect(await connections()).toBe(3);
  for (let i = 0; i < 4; i++) {
    await askWhile(read, cut);
    await Promise.all(Array.from({ length: 50 }, read));
    // One that was given up may take a moment to leave.
    await until(async () => (await connections()) <= 3);
  }
  await pool.end({ timeout: 1 });
  await until(async () => (await connections()) === 0);
  expect(await read().catch(codeOf)).toBe('CONNECTION_ENDED');
});

test('what is taken for a read by its name is one by its declaration', async () => {
  const names = callNames.filter(isRead);
  expect(names.length).toBeGreaterThan(20);
  const changing = await sql`select proname from pg_proc where pronamespace = 'tocsin'::regnamespace
    and proname = any(${names}) and provolatile = 'v'`;
  expect([...changing]).toEqual([]);
});
