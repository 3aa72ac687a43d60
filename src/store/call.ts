// Declares calls of SQL functions and runs them: the only place that builds the text of such a call.
import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import { CallPool, isLoss, withdraw } from './call_pool.ts';
import { jsonTypes, pgTypeOf } from './columns.ts';
import type { Queryable } from './sql.ts';

/** How many rows a function returns. `scalar` and `scalars`: the value or values of its one unnamed column. */
export type Cardinality = 'one' | 'maybe' | 'many' | 'scalar' | 'scalars';

/** One SQL function of schema tocsin: `params` by their SQL names, `row` what a row of it looks like. */
export interface Call<
  P extends TProperties = TProperties,
  R extends TSchema = TSchema,
  C extends Cardinality = Cardinality,
> {
  params: P;
  row: R;
  cardinality: C;
}

/** Exactly one row; anything else is a bug. */
export const one = <P extends TProperties, R extends TProperties>(params: P, row: R) =>
  declare(params, Type.Object(row), 'one');
/** One row or none. */
export const maybe = <P extends TProperties, R extends TProperties>(params: P, row: R) =>
  declare(params, Type.Object(row), 'maybe');
export const many = <P extends TProperties, R extends TProperties>(params: P, row: R) =>
  declare(params, Type.Object(row), 'many');
export const scalar = <P extends TProperties, R extends TSchema>(params: P, value: R) =>
  declare(params, value, 'scalar');
export const scalars = <P extends TProperties, R extends TSchema>(params: P, value: R) =>
  declare(params, value, 'scalars');

function declare<P extends TProperties, R extends TSchema, C extends Cardinality>(params: P, row: R, cardinality: C) {
  return { params, row, cardinality } satisfies Call<P, R, C> as Call<P, R, C>;
}

// `undefined` is the same as absent: the SQL default holds.
type Loose<T> = { [K in keyof T]: object extends Pick<T, K> ? T[K] | undefined : T[K] };
type ArgumentsOf<P extends TProperties> = Loose<Static<TObject<P>>>;
type ResultOf<R extends TSchema, C extends Cardinality> = C extends 'one' | 'scalar'
  ? Static<R>
  : C extends 'maybe'
    ? Static<R> | null
    : Static<R>[];

/** A declared call as it is used: named arguments in, rows out. Rejects with the PostgresError of the server. */
export type Run<T> =
  T extends Call<infer P, infer R, infer C>
    ? object extends ArgumentsOf<P>
      ? (args?: ArgumentsOf<P>) => Promise<ResultOf<R, C>>
      : (args: ArgumentsOf<P>) => Promise<ResultOf<R, C>>
    : never;

type Row = Record<string, unknown>;

const ATTEMPTS_MAX = 3;
/** Deadlock; internal error, undefined function, type, table: what an upgrade replaced between a look and a use. */
const passing = new Set(['40P01', 'XX000', '42883', '42704', '42P01']);
/** A read that was lost later than this may have been ended on purpose, because it took so long. */
const REPEAT_MS_MAX = 1_000;

export interface CallOptions {
  /** A call that takes longer rejects with a CallTimeout; without one it may take for ever. */
  deadlineMs?: number;
  /** Runs each call, to see how long it takes and whether it fails. */
  observe?: <T>(name: string, run: () => Promise<T>) => Promise<T>;
}

/** The database did not answer in time: it is away, hangs, or the pool is used up. */
export class CallTimeout extends Error {
  override name = 'CallTimeout';
  readonly code = 'CALL_TIMEOUT';
}

/** What calls go by. */
export type Callable = Queryable | CallPool;

/** Binds a declared call to a connection pool or transaction. The key is the name of the SQL function. */
export function bindCall<T extends Call>(sql: Callable, name: string, call: T, options: CallOptions = {}): Run<T> {
  const names = Object.keys(call.params);
  const types = names.map((param) => pgTypeOf(call.params[param] as TSchema));
  const instants = call.row.properties ? instantColumns(call.row as TObject) : [];
  const texts = new Map<string, string>();

  const run = async (args: Record<string, unknown> = {}) => {
    const given: unknown[] = [];
    let shape = '';
    for (let i = 0; i < names.length; i++) {
      const value = args[names[i] as string];
      if (value === undefined) continue;
      shape += `${i},`;
      if (value !== null && jsonTypes.has(types[i] as string)) given.push(sql.json(value as never));
      else if (Array.isArray(value) && numberArrays.has(types[i] as string)) given.push(numbersText(value));
      else if (Array.isArray(value) && types[i] === 'text[]') given.push(textsText(value));
      else given.push(value);
    }
    let text = texts.get(shape);
    if (text === undefined) {
      text = callText(name, names, types, shape);
      texts.set(shape, text);
    }
    const { deadlineMs } = options;
    const ask = (): PromiseLike<Row[]> => {
      const asked = askOnce(sql, text, given);
      return deadlineMs === undefined ? asked.answer : inTime(asked.answer, deadlineMs, asked.withdraw);
    };
    const askedAtMs = performance.now();
    let rows: Row[];
    try {
      rows = await ask();
    } catch (error) {
      // A pool of postgres.js may send what is asked just then by a connection that is closing, too.
      const isRepeatable =
        sql instanceof CallPool && isRead(name) && isLoss(error) && performance.now() - askedAtMs <= REPEAT_MS_MAX;
      rows = isRepeatable ? await ask() : await askAgain(sql, error, ask);
    }
    for (const column of instants) for (const row of rows) row[column] = isoOf(row[column]);
    return resultOf(name, call.cardinality, rows);
  };
  const { observe } = options;
  if (observe === undefined) return run as unknown as Run<T>;
  return ((args: Record<string, unknown>) => observe(name, () => run(args))) as unknown as Run<T>;
}

/** Whether a function only reads, by the first word of its name: asked twice it does no harm. */
export function isRead(name: string): boolean {
  return /^(?:count|find|get|list|why)_/.test(name) && name !== 'get_ready_deliveries';
}

function askOnce(sql: Callable, text: string, given: unknown[]) {
  if (sql instanceof CallPool) return sql.ask(text, given);
  const answer = sql.unsafe<Row[]>(text, given as never[], { prepare: true, simple: false } as never);
  return { answer, withdraw: () => withdraw(answer, given) };
}

/**
 * Asks again where a statement failed by what passes: a deadlock, or an upgrade that replaced functions while it waited for a lock,
 * which PostgreSQL calls an internal error. Nothing of it has happened, unless it is part of a transaction of the caller.
 * @throws the error, where that is not so or it goes on
 */
async function askAgain<T>(sql: Callable, first: unknown, ask: () => PromiseLike<T>): Promise<T> {
  let error = first;
  for (let attempt = 2; attempt <= ATTEMPTS_MAX; attempt++) {
    const { code = '', severity } = error as { code?: string; severity?: string };
    // What ended with its session may have been committed.
    if (!(sql instanceof CallPool || 'begin' in sql) || !passing.has(code) || severity === 'FATAL') break;
    try {
      return await ask();
    } catch (next) {
      error = next;
    }
  }
  throw error;
}

function inTime<T>(query: PromiseLike<T>, deadlineMs: number, onLate: () => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    reject(new CallTimeout(`The database did not answer within ${deadlineMs} ms.`));
    onLate();
  }, deadlineMs);
  query.then(resolve, reject).then(() => clearTimeout(timer));
  return promise;
}

/** The text for one set of given parameters, `shape` naming them by position; the server keeps its plan by this text. */
function callText(name: string, names: readonly string[], types: readonly string[], shape: string): string {
  const given = shape.split(',').slice(0, -1).map(Number);
  const list = given.map((position, i) => `${names[position]} => $${i + 1}::${types[position]}`);
  return `select * from tocsin.${name}(${list.join(', ')})`;
}

function resultOf(name: string, cardinality: Cardinality, rows: readonly Row[]): unknown {
  switch (cardinality) {
    case 'many':
      // postgres.js returns an array with the answer's other parts; a plain one is what callers compare and send.
      return Array.from(rows);
    case 'scalars':
      return rows.map((row) => row[name]);
    case 'maybe':
      return rows[0] ?? null;
    default: {
      const [row] = rows;
      if (row === undefined) throw new Error(`${name} returned no row.`);
      return cardinality === 'scalar' ? row[name] : row;
    }
  }
}

function instantColumns(row: TObject): string[] {
  return Object.keys(row.properties).filter((column) =>
    pgTypeOf(row.properties[column] as TSchema).startsWith('timestamp with time zone'),
  );
}

function isoOf(value: unknown): unknown {
  // postgres.js takes a null within an array for the word NULL, which is no date.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  return Array.isArray(value) ? value.map(isoOf) : value;
}

const numberArrays = new Set(['bigint[]', 'integer[]', 'smallint[]']);

/** postgres.js would quote and escape each number. */
function numbersText(values: readonly unknown[]): string {
  return `{${JSON.stringify(values).slice(1, -1)}}`;
}

/** As postgres.js writes it, at a third of the time: most of our texts have nothing to escape. */
function textsText(values: readonly (string | null)[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (i > 0) text += ',';
    if (value === null || value === undefined) text += 'null';
    else text += `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`;
  }
  return `${text}}`;
}
