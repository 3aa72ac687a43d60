// The column and parameter types of our SQL functions: a TypeBox schema each, which knows its PostgreSQL type.
import { type TNull, type TSchema, type TUnion, Type } from '@sinclair/typebox';

// A symbol, so that it survives composing schemas and never shows in a JSON schema.
const pgTypeKey = Symbol('PostgreSQL type');

/** Gives a schema the PostgreSQL type that it stands for. */
export function ofType<T extends TSchema>(pgType: string, schema: T): T {
  return { ...schema, [pgTypeKey]: pgType };
}

/** The PostgreSQL type that a schema stands for, as `format_type` writes it. */
export function pgTypeOf(schema: TSchema): string {
  const pgType = (schema as unknown as Record<symbol, unknown>)[pgTypeKey];
  if (typeof pgType !== 'string') throw new Error('A schema without a PostgreSQL type was used for a SQL function.');
  return pgType;
}

export const integer = ofType('integer', Type.Integer());
export const smallint = ofType('smallint', Type.Integer());
/** Arrives as a number: our ids have 53 bits, and no count needs more. */
export const bigint = ofType('bigint', Type.Integer());
export const real = ofType('real', Type.Number());
export const double = ofType('double precision', Type.Number());
export const boolean = ofType('boolean', Type.Boolean());
export const text = ofType('text', Type.String());
/** ISO 8601 in UTC, to the millisecond. */
export const timestamptz = ofType('timestamp with time zone', Type.String({ format: 'date-time' }));
/** Returned by functions that are called for what they do. */
export const nothing = ofType('void', Type.Any());

/** Types whose values are sent as JSON. */
export const jsonTypes: ReadonlySet<string> = new Set(['json', 'jsonb']);

/** JSON whose shape the function itself checks, or that is as its schema says. */
export const jsonb = <T extends TSchema>(schema: T): T => ofType('jsonb', schema);
export const jsonObject = jsonb(Type.Record(Type.String(), Type.Unknown()));

/** Text of a closed set of words. */
export function oneOf<const W extends readonly string[]>(words: W) {
  return ofType('text', Type.Unsafe<W[number]>(Type.Union(words.map((word) => Type.Literal(word)))));
}

export const nullable = <T extends TSchema>(schema: T): TUnion<[T, TNull]> =>
  ofType(pgTypeOf(schema), Type.Union([schema, Type.Null()]));

/** A parameter that may be left out, for the default that SQL gives it, or null where that means something. */
export const optional = <T extends TSchema>(schema: T) => Type.Optional(nullable(schema));

export const arrayOf = <T extends TSchema>(schema: T) => ofType(`${pgTypeOf(schema)}[]`, Type.Array(schema));
