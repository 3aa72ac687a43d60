// Calls of SQL functions: what is given arrives, what is left out takes its default, and rows come back as declared.
import { describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { makeApi } from '../../src/store/api.ts';
import { bindCall, many, maybe, one, scalar, scalars } from '../../src/store/call.ts';
import * as c from '../../src/store/columns.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 2 });
await sql`create function tocsin.echo_all(
    p_int8s int8[] default '{7}', p_texts text[] default null, p_json jsonb default null, p_at timestamptz default null,
    p_flag boolean default true)
  returns table (int8s int8[], texts jsonb, content jsonb, at timestamptz, ats timestamptz[], flag boolean)
  language sql as 'select p_int8s, to_jsonb(p_texts), p_json, p_at, array[p_at, null], p_flag'`;
await sql`create function tocsin.count_to(p_last integer) returns setof bigint language sql as 'select generate_series(1, p_last)'`;
await sql`create function tocsin.refuse() returns void language plpgsql as
  $$begin raise exception using errcode = 'INVLD', column = '/a/0', message = 'No.'; end$$`;
await sql`create sequence public.tries`;
await sql`create function tocsin.stumble(p_code text, p_times integer) returns bigint language plpgsql as
  $$declare n bigint = nextval('public.tries'); begin
    if n <= p_times then raise exception using errcode = p_code, message = 'Not now.'; end if; return n; end$$`;

const row = {
  int8s: c.arrayOf(c.bigint),
  texts: c.jsonb(Type.Unknown()),
  content: c.nullable(c.jsonb(Type.Unknown())),
  at: c.nullable(c.timestamptz),
  ats: c.arrayOf(c.nullable(c.timestamptz)),
  flag: c.boolean,
};
const params = {
  p_int8s: c.optional(row.int8s),
  p_texts: c.optional(c.arrayOf(c.nullable(c.text))),
  p_json: c.optional(c.jsonb(Type.Unknown())),
  p_at: c.optional(c.timestamptz),
  p_flag: c.optional(c.boolean),
};
const echoAll = bindCall(sql, 'echo_all', one(params, row));

describe('a call', () => {
  test('leaves what is absent or undefined to the default of SQL', async () => {
    const defaults = { int8s: [7], texts: null, content: null, at: null, ats: [null, null], flag: true };
    expect(await echoAll()).toEqual(defaults);
    expect(await echoAll({ p_int8s: undefined, p_flag: undefined })).toEqual(defaults);
    expect(await echoAll({ p_flag: false })).toEqual({ ...defaults, flag: false });
  });

  test('gives null where null is given', async () => {
    expect((await echoAll({ p_int8s: null })).int8s).toBeNull();
  });

  test('carries ids of 53 bits and texts with every awkward character, nulls between them', async () => {
    const p_int8s = [Number.MAX_SAFE_INTEGER, 0, -1];
    const p_texts = ['', 'null', null, '{a,"b"}', "it's", 'back\\slash', 'two\nlines', '𝄞', '\u{1e}'];
    expect(await echoAll({ p_int8s, p_texts })).toMatchObject({ int8s: p_int8s, texts: p_texts });
    expect(await echoAll({ p_texts: [null, 'x'] })).toMatchObject({ texts: [null, 'x'] });
    expect(await echoAll({ p_int8s: [], p_texts: [] })).toMatchObject({ int8s: [], texts: [] });
  });

  test.each([[{}], [{ a: [1, 'x', null, true] }], [[true, false]], [['a']], [[]], ['text'], [0], [false]])(
    'carries JSON as it is: %j',
    async (value) => {
      expect((await echoAll({ p_json: value })).content).toEqual(value);
    },
  );

  test('gives times as ISO text in UTC, also within lists', async () => {
    const { at, ats } = await echoAll({ p_at: '2026-03-01T10:00:00.123456+02:00' });
    expect({ at, ats }).toEqual({ at: '2026-03-01T08:00:00.123Z', ats: ['2026-03-01T08:00:00.123Z', null] });
  });

  test('gives rows, one row, a value or values, as declared', async () => {
    const last = { p_last: c.integer };
    expect(await bindCall(sql, 'count_to', scalars(last, c.bigint))({ p_last: 3 })).toEqual([1, 2, 3]);
    expect(await bindCall(sql, 'count_to', scalars(last, c.bigint))({ p_last: 0 })).toEqual([]);
    expect(await bindCall(sql, 'count_to', scalar(last, c.bigint))({ p_last: 1 })).toBe(1);
    expect(bindCall(sql, 'count_to', scalar(last, c.bigint))({ p_last: 0 })).rejects.toThrow(
      'count_to returned no row',
    );
    expect(await bindCall(sql, 'count_to', maybe(last, {}))({ p_last: 0 })).toBeNull();
    const rows = await bindCall(sql, 'count_to', many(last, { count_to: c.bigint }))({ p_last: 2 });
    expect(JSON.stringify(rows)).toBe('[{"count_to":1},{"count_to":2}]');
  });

  test('rejects with the state and the pointer that SQL raised', async () => {
    const error = await bindCall(sql, 'refuse', scalar({}, c.nothing))().catch((reason) => reason);
    expect(error).toMatchObject({ code: 'INVLD', column_name: '/a/0', message: 'No.' });
  });
});

describe('a call that fails by what passes', () => {
  const declared = scalar({ p_code: c.text, p_times: c.integer }, c.bigint);
  const stumble = async (code: string, times: number, on: Parameters<typeof bindCall>[0] = sql) => {
    await sql`alter sequence public.tries restart`;
    const asked = bindCall(on, 'stumble', declared)({ p_code: code, p_times: times });
    const outcome = await asked.catch(({ code }) => code);
    const [after] = await sql`select last_value::int as tries from public.tries`;
    return [outcome, after?.tries];
  };

  test('is asked again, three times in all: a deadlock, a function that an upgrade took away', async () => {
    expect(await stumble('40P01', 2)).toEqual([3, 3]);
    expect(await stumble('XX000', 2)).toEqual([3, 3]);
    expect(await stumble('XX000', 9)).toEqual(['XX000', 3]);
  });

  test('is not asked again when it was refused, or is part of a transaction', async () => {
    expect(await stumble('INVLD', 2)).toEqual(['INVLD', 1]);
    const inside = await sql.begin((tx) => stumble('40P01', 2, tx)).catch(({ code }) => code);
    expect(inside).toBe('40P01');
    expect(await sql`select last_value::int as tries from public.tries`).toEqual([{ tries: 1 }] as never);
  });
});

test('a call whose session broke down is not made again, as it may have been committed', async () => {
  let asked = 0;
  const unsafe = () => {
    asked++;
    return Promise.reject(Object.assign(new Error('exited'), { code: 'XX000', severity: 'FATAL' }));
  };
  const call = bindCall({ unsafe, begin: () => undefined } as never, 'stumble', scalar({}, c.bigint));
  expect(await call().catch(({ code }) => code)).toBe('XX000');
  expect(asked).toBe(1);
});

describe('makeApi', () => {
  test('bound to a transaction does its work there', async () => {
    const undone = new Error('undone');
    const result = await sql
      .begin(async (tx) => {
        const api = makeApi(tx);
        await api.webhooks.create_webhook({ p_tenant_id: 1, p_name: 'a', p_url: 'https://example.com' });
        expect(await api.webhooks.count_webhooks({ p_tenant_id: 1 })).toBe(1);
        throw undone;
      })
      .catch((error) => error);
    expect(result).toBe(undone);
    expect(await makeApi(sql).webhooks.count_webhooks({ p_tenant_id: 1 })).toBe(0);
  });
});
