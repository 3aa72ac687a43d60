// Completes an example by its schema, so that one which names what matters shows every field there is.
import { Kind, type TSchema } from '@sinclair/typebox';

/** The value with what a schema requires and the value leaves out: null where that is allowed, else the least of its kind. */
export function exampleOf(schema: TSchema, value: unknown): unknown {
  if (schema.anyOf) return value === undefined ? leastOf(schema) : value;
  if (Array.isArray(value)) return value.map((item) => exampleOf(schema.items ?? {}, item));
  if (schema.type !== 'object' || !schema.properties) return value === undefined ? leastOf(schema) : value;
  const given = (value ?? {}) as Record<string, unknown>;
  const required: string[] = schema.required ?? [];
  const names = Object.keys(schema.properties).filter((name) => name in given || required.includes(name));
  return Object.fromEntries(names.map((name) => [name, exampleOf(schema.properties[name], given[name])]));
}

function leastOf(schema: TSchema): unknown {
  if (schema.anyOf) {
    const options = schema.anyOf as TSchema[];
    return options.some((option) => option.type === 'null') ? null : leastOf(options[0] as TSchema);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.type === 'array') return [];
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 0;
  if (schema.type === 'string') return schema.format === 'date-time' ? '2026-06-01T12:00:00.000Z' : '';
  return schema[Kind] === 'Record' || schema.type === 'object' ? {} : null;
}
