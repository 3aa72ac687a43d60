// Says in plain words which fields of a request break its schema; it never repeats a submitted value.
import { Kind, type TSchema } from '@sinclair/typebox';
import { ValueErrorType } from '@sinclair/typebox/errors';
import type { ValidationError } from 'elysia';
import { type FieldError, invalid, plainPointer, Problem } from './problem.ts';

const ERRORS_MAX = 20;

/** The 422 for an error of Elysia's validator. An answer of ours that breaks its own schema is our bug: 500. */
export function validationProblem(error: unknown): Problem {
  const { type, all } = error as ValidationError;
  if (type === 'response') return new Problem('INTERNAL_ERROR', 'The answer was not as documented.');
  const root = rootOf(error as ValidationError);
  const errors = new Map<string, FieldError>();
  for (const { path, schema, type } of (all as unknown as SchemaError[]).flatMap(innermost)) {
    const pointer = plainPointer(path);
    // One thing said of each field: the first is the most basic.
    if (!errors.has(pointer)) errors.set(pointer, { pointer, detail: detailOf(type, schema, nameOf(pointer, root)) });
    if (errors.size === ERRORS_MAX) break;
  }
  return invalid([...errors.values()]);
}

interface SchemaError {
  path: string;
  schema: TSchema;
  type: number;
  /** Of a choice: what is wrong by each of its options. */
  errors: Iterable<SchemaError>[];
}

/** Of a choice, what is wrong within the option that was meant: the one of the right kind. */
function innermost(error: SchemaError): SchemaError[] {
  if (error.type !== ValueErrorType.Union) return [error];
  for (const option of error.errors) {
    const inner = [...option].slice(0, ERRORS_MAX);
    if (inner.length > 0 && inner.every(({ path }) => path !== error.path)) return inner.flatMap(innermost);
  }
  return [error];
}

function detailOf(type: number, schema: TSchema, name: string): string {
  if (type === ValueErrorType.ObjectRequiredProperty) return `${name} is missing.`;
  if (type === ValueErrorType.ObjectAdditionalProperties) return 'There is no such field.';
  return `${name} must be ${expectation(schema)}.`;
}

/** The schema that was broken somewhere within. */
function rootOf({ validator }: ValidationError): TSchema {
  return ((validator as { schema?: TSchema }).schema ?? validator) as TSchema;
}

/** A field's own name; its list's for an entry; and its object's where the caller chose the name: that is not repeated. */
function nameOf(pointer: string, root: TSchema): string {
  const names = pointer.split('/').slice(1);
  const last = names.at(-1);
  if (last === undefined) return 'The value';
  const foreign = names.findIndex((_, i) => !isOurs(names.slice(0, i + 1), root));
  if (foreign !== -1) return foreign === 0 ? 'Each value' : `Each value of ${names[foreign - 1]}`;
  return names.length > 1 && /^\d+$/.test(last) ? `Each of ${names.at(-2)}` : last;
}

/** Whether a path leads through fields that a schema names, and entries of lists. */
function isOurs([name, ...rest]: string[], { properties, items, anyOf }: TSchema): boolean {
  if (name === undefined) return true;
  if (Array.isArray(anyOf)) return anyOf.some((option) => isOurs([name, ...rest], option));
  if (items !== undefined && /^\d+$/.test(name)) return isOurs(rest, items);
  return properties !== undefined && Object.hasOwn(properties, name) && isOurs(rest, properties[name]);
}

/** What a schema asks for, in words that follow "must be". */
export function expectation(schema: TSchema): string {
  const { anyOf, const: only, pattern, examples } = schema;
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(anyOf)) return choice(anyOf);
  switch (schema.type) {
    case 'integer':
      return `a whole number${bounds(schema.minimum, schema.maximum)}`;
    case 'number':
      return `a number${bounds(schema.minimum, schema.maximum)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `a list${bounds(schema.minItems, schema.maxItems, ' entries', ' with')}`;
    case 'object':
      return 'a JSON object';
    case 'string':
      if (schema.format === 'date-time') return 'a time such as 2026-01-31T12:00:00Z';
      if (pattern) return `in a form such as ${examples?.join(' or ') ?? pattern}`;
      return `a text${bounds(schema.minLength, schema.maxLength, ' characters', ' of')}`;
    default:
      return 'of another kind';
  }
}

function choice(options: readonly TSchema[]): string {
  const words = new Set(options.filter((option) => option[Kind] !== 'Null').map(expectation));
  // Elysia lets numbers and truth values of a query arrive as text.
  for (const word of words) if (word === 'a text') words.delete(word);
  if (options.some((option) => option[Kind] === 'Null')) words.add('null');
  return [...words].join(' or ');
}

function bounds(least?: number, most?: number, unit = '', lead = ''): string {
  if (least === undefined && most === undefined) return '';
  if (least === undefined) return `${lead} at most ${most}${unit}`;
  if (most === undefined) return `${lead} at least ${least}${unit}`;
  return lead === '' ? ` from ${least} to ${most}` : `${lead} ${least} to ${most}${unit}`;
}
