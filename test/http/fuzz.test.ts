// Every operation of the app, fed what fits its schema and what does not: no 500, no echo, and no row changed by a refusal.
import { expect, setDefaultTimeout, test } from 'bun:test';
import { Kind, type TSchema } from '@sinclair/typebox';
import fc from 'fast-check';
import { testHttp } from '../support/http.ts';
import { listRoutes, pathOf, plant } from '../support/routes.ts';

setDefaultTimeout(60_000);

const config = { rateLimit: 1_000_000 } as const;
const http = await testHttp({ config });
const { sql } = http;
const planted = await plant(http);
const admin = await http.bearer({ role: 'platform' });
/** Per route; a longer search is `FUZZ_RUNS=500 bun test test/http/fuzz.test.ts`. */
const RUNS = Number(Bun.env.FUZZ_RUNS ?? 30);
/** Stands in every text that is made here; where a refusal has it, it echoes. */
const MARKER = 'zqxmarkerzqx';

type Schemas = Partial<Record<'params' | 'query' | 'body', TSchema>>;
const operations = listRoutes(http)
  .filter(({ operationId, path }) => operationId !== undefined && path.startsWith('/api/v1'))
  .map((route) => {
    const { hooks } = http.routes.find((known) => known.path === route.path && known.method === route.method) ?? {};
    return { ...route, schemas: (hooks ?? {}) as Schemas };
  });

const hostileText = fc.constantFrom(
  `' or 1=1; drop table tocsin_data.webhooks; -- ${MARKER}`,
  `${MARKER}'||pg_sleep(5)||'`,
  `$$;select 1;${MARKER}`,
  `\\'; select '${MARKER}`,
  `${MARKER}\u0000`,
  `${MARKER}\ud800`,
  `${MARKER}\u202e\u0301\u{1f6a8}\ufeff`,
  `${MARKER}\r\nx-injected: 1`,
  `\${${MARKER}} %s %n {{7*7}}`,
  MARKER.repeat(2000),
  `__proto__.${MARKER}`,
);
const hostileValue = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(
    null,
    true,
    [],
    {},
    -1,
    0,
    1.5,
    1e308,
    2 ** 53,
    -(2 ** 63),
    2 ** 31,
    '',
    'NaN',
    '9'.repeat(400),
  ),
  fc.constantFrom(1, 60, 2000).map((depth) => JSON.parse(`${'['.repeat(depth)}"${MARKER}"${']'.repeat(depth)}`)),
  fc
    .constantFrom('__proto__', 'constructor', 'prototype', MARKER)
    .map((key) => JSON.parse(`{"${key}": {"a": "${MARKER}"}}`)),
);

/** Values of a schema, now and then something else in their place. */
function valuesOf(schema: TSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: rightOf(schema) }, { weight: 1, arbitrary: hostileValue });
}

function rightOf(schema: TSchema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each: TSchema) => valuesOf(each)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer')
    return fc.integer({
      min: Math.max(schema.minimum ?? 0, -(2 ** 31)),
      max: Math.min(schema.maximum ?? 100, 2 ** 31 - 1),
    });
  if (schema.type === 'number') return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 100, noNaN: true });
  if (schema.type === 'array') return fc.array(valuesOf(schema.items), { maxLength: 4 });
  if (schema.type === 'object' && schema[Kind] === 'Record')
    return fc.dictionary(fc.constantFrom('a', 'context.a', `x-${MARKER}`, '__proto__'), hostileValue, { maxKeys: 3 });
  if (schema.type === 'object') return objectsOf(schema);
  if (schema.type === 'string') return stringsOf(schema);
  return hostileValue;
}

function objectsOf(schema: TSchema): fc.Arbitrary<Record<string, unknown>> {
  const required: string[] = schema.required ?? [];
  const fields = Object.entries(schema.properties as Record<string, TSchema>);
  const known = fc.record(Object.fromEntries(fields.map(([name, field]) => [name, valuesOf(field)])), {
    requiredKeys: required,
  });
  return fc.tuple(known, fc.nat(19)).map(([value, dice]) => (dice === 0 ? { ...value, [MARKER]: MARKER } : value));
}

/** No more than a schema asks for, and nothing hostile: what most likely is taken. */
function plainOf(schema: TSchema): fc.Arbitrary<unknown> {
  if (schema.type !== 'object' || !schema.properties) return rightOf(schema);
  const fields = ((schema.required ?? []) as string[]).map((name) => [name, plainOf(schema.properties[name])]);
  return fc.record(Object.fromEntries(fields));
}

function stringsOf(schema: TSchema): fc.Arbitrary<unknown> {
  const usual =
    schema.format === 'date-time'
      ? ['2026-01-31T12:00:00Z', '+275760-09-13']
      : ['*', 'order.paid', 'http://10.0.0.1/', `https://example.com/${MARKER}`];
  return fc.oneof(
    fc.constantFrom(...usual),
    hostileText,
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => MARKER + text),
  );
}

/** The rows of all tables with the transactions that wrote them: equal when nothing was written between. */
async function stateOfRows(): Promise<string> {
  tables ??= (
    await sql<{ name: string }[]>`select c.oid::regclass::text as name from pg_class c
      where c.relnamespace = 'tocsin_data'::regnamespace and c.relkind = 'r' and c.relname <> 'api_key_uses' order by 1`
  ).map(
    ({ name }) =>
      `select '${name}' as name, count(*) as n, sum(('x' || md5(t.xmin::text || t.ctid::text))::bit(32)::bigint) as h from ${name} t`,
  );
  return JSON.stringify(await sql.unsafe(tables.join(' union all ')));
}
let tables: string[] | undefined;

const encodes = (text: unknown) => {
  try {
    return encodeURIComponent(typeof text === 'string' ? text : JSON.stringify(text));
  } catch {
    return '%ED%A0%80';
  }
};

const seen = new Map<string, Set<number>>();

test.each(operations.map((route) => [route.name, route] as const))('%s holds', async (_, route) => {
  const { params, query, body } = route.schemas;
  const inputs = fc.record({
    params: fc.option(params ? rightOf(params) : fc.constant({}), { freq: 1 }),
    query: query ? (rightOf(query) as fc.Arbitrary<Record<string, unknown>>) : fc.constant({}),
    body: body
      ? fc.oneof(
          { weight: 5, arbitrary: valuesOf(body) },
          { weight: 3, arbitrary: plainOf(body) },
          { weight: 1, arbitrary: hostileText },
        )
      : fc.constant(undefined),
    header: hostileText,
  });
  const property = fc.asyncProperty(inputs, async (input) => {
    const path = input.params
      ? Object.entries(input.params).reduce(
          (text, [name, value]) => text.replace(`:${name}`, encodes(value) || '%20'),
          route.path,
        )
      : pathOf(route, planted);
    const queryText = Object.entries(input.query)
      .map(([name, value]) => `${encodes(name)}=${encodes(value)}`)
      .join('&');
    const before = await stateOfRows();
    const response = await fetch(`${http.url}${path}${queryText && `?${queryText}`}`, {
      method: route.method,
      headers: { ...admin, 'content-type': 'application/json', 'idempotency-key': encodes(input.header).slice(0, 300) },
      ...(input.body !== undefined && route.method !== 'GET' && { body: JSON.stringify(input.body) }),
    });
    const text = await response.text();
    seen.set(route.name, (seen.get(route.name) ?? new Set()).add(response.status));
    expect({ status: response.status < 500, text }).toEqual({ status: true, text });
    expect(response.headers.get('x-injected')).toBeNull();
    if (response.status < 400) return;
    // Bun itself refuses a head that is too large, and says nothing more.
    if (response.status === 431 && text === '') return;
    // The path says what was called, and a pointer names the field that is wrong: neither holds a value.
    const { instance, errors, ...rest } = JSON.parse(text);
    expect(instance).toStartWith('/');
    const problem = [rest, errors.map(({ detail }: { detail: string }) => detail)];
    expect(JSON.stringify(problem)).not.toContain(MARKER);
    expect(await stateOfRows()).toBe(before);
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});

test('all that was meant well enough to be taken, and badly enough to be refused', () => {
  expect(operations.length).toBeGreaterThan(35);
  const statuses = new Set([...seen.values()].flatMap((each) => [...each]));
  for (const status of [200, 201, 404, 422]) expect(statuses).toContain(status);
});
