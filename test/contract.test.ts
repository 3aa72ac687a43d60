// Proves every declared call against the catalogue, and that no SQL function is without a call or a reason.
import { describe, expect, test } from 'bun:test';
import { OptionalKind, type TSchema } from '@sinclair/typebox';
import { nouns } from '../src/store/api.ts';
import type { Call } from '../src/store/call.ts';
import { pgTypeOf } from '../src/store/columns.ts';
import { testDatabase } from './support/postgres.ts';

/** Functions that the server never calls itself, and why they are there. */
const calledByOthers: Record<string, string> = {
  watch_table: 'run by users in psql, on their own tables',
  unwatch_table: 'run by users in psql, on their own tables',
  raise_row_alert: 'the trigger that watch_table puts on a table',
};

interface CatalogueFunction {
  name: string;
  comment: string | null;
  arg_names: string[] | null;
  arg_types: string[];
  arg_modes: string[] | null;
  defaults: number;
  returns: string;
  returns_set: boolean;
}

const { sql } = await testDatabase();
const functions = await sql<CatalogueFunction[]>`
  select p.proname as name, pg_catalog.obj_description(p.oid, 'pg_proc') as comment, p.proargnames as arg_names,
         array(select pg_catalog.format_type(t.type, null)
                 from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as t (type, n) order by t.n) as arg_types,
         p.proargmodes::text[] as arg_modes, p.pronargdefaults::integer as defaults,
         pg_catalog.format_type(p.prorettype, null) as returns, p.proretset as returns_set
    from pg_catalog.pg_proc p
   where p.pronamespace = 'tocsin'::regnamespace
   order by p.proname`;
const byName = new Map(functions.map((found) => [found.name, found]));
const calls = Object.values(nouns).flatMap((noun) => Object.entries(noun as Record<string, Call>));

/** The arguments of a function that go in, or the columns that come out. */
function argumentsOf(found: CatalogueFunction, modes: string): { name: string; type: string }[] {
  return found.arg_types
    .map((type, i) => ({ name: found.arg_names?.[i] ?? '', type, mode: found.arg_modes?.[i] ?? 'i' }))
    .filter(({ mode }) => modes.includes(mode))
    .map(({ name, type }) => ({ name, type }));
}

const describeColumns = (columns: Record<string, TSchema>) =>
  Object.entries(columns).map(([name, schema]) => ({ name, type: pgTypeOf(schema) }));

const sortByName = <T extends { name: string }>(list: T[]) => list.toSorted((a, b) => (a.name < b.name ? -1 : 1));

describe('the catalogue', () => {
  test('has functions at all', () => {
    expect(functions.length).toBeGreaterThan(20);
  });

  test('has each function under one name only, so that a call by names means one of them', () => {
    expect(functions.length).toBe(byName.size);
  });

  test('has a comment on every function', () => {
    expect(functions.filter(({ comment }) => !comment?.trim()).map(({ name }) => name)).toEqual([]);
  });

  test('has no function without a call, apart from those that others call', () => {
    const known = new Set([...calls.map(([name]) => name), ...Object.keys(calledByOthers)]);
    expect(functions.filter(({ name }) => !known.has(name)).map(({ name }) => name)).toEqual([]);
  });
});

describe('the declared calls', () => {
  test('name each function once', () => {
    expect(new Set(calls.map(([name]) => name)).size).toBe(calls.length);
  });

  test.each(calls)('%s takes the arguments of its function, and may leave out those with a default', (name, call) => {
    const found = byName.get(name);
    if (!found) throw new Error(`There is no function tocsin.${name}.`);
    const inputs = argumentsOf(found, 'ib');
    expect(sortByName(describeColumns(call.params))).toEqual(sortByName(inputs));
    const withDefault = new Set(inputs.slice(inputs.length - found.defaults).map((input) => input.name));
    const optional = Object.keys(call.params).filter((param) => OptionalKind in (call.params[param] as TSchema));
    expect(optional.filter((param) => !withDefault.has(param))).toEqual([]);
  });

  test.each(calls)('%s returns the columns of its function, in their order', (name, call) => {
    const found = byName.get(name);
    if (!found) throw new Error(`There is no function tocsin.${name}.`);
    const columns = argumentsOf(found, 'tob');
    if (call.cardinality === 'scalar' || call.cardinality === 'scalars') {
      expect({ columns, type: pgTypeOf(call.row) }).toEqual({ columns: [], type: found.returns });
      expect(found.returns_set).toBe(call.cardinality === 'scalars');
    } else {
      expect(columns).toEqual(describeColumns(call.row.properties));
      if (call.cardinality !== 'one') expect(found.returns_set).toBe(true);
    }
  });
});
