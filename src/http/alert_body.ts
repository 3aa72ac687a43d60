// The bodies that raise and change alerts.
import { type Static, Type } from '@sinclair/typebox';
import { severities } from '../store/api/webhooks.ts';
import { strict } from './operation.ts';

const nullableText = (maxLength: number, description: string) =>
  Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength }), Type.Null()], { description }));

const fields = {
  message: Type.String({ minLength: 1, maxLength: 10_000, description: 'What happened, in a sentence.' }),
  alert_type: Type.Optional(
    Type.String({
      maxLength: 200,
      pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$',
      examples: ['order.paid'],
      description: 'What webhooks choose by; custom if not given.',
    }),
  ),
  severity: Type.Optional(Type.Unsafe<(typeof severities)[number]>(Type.Union(severities.map((s) => Type.Literal(s))))),
  operation_type: nullableText(200, 'What was done, such as INSERT.'),
  context: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { description: 'Anything more, up to 256 KiB; sent with the alert.' }),
  ),
  dedupe_key: nullableText(255, 'While an alert with this key is not resolved, no second one is made.'),
};

export const alertBody = strict(fields);
export type AlertBody = Static<typeof alertBody>;

const batchEntry = strict({ ...fields, idempotency_key: nullableText(255, 'As the header of POST /alerts.') });
const entries = Type.Array(batchEntry, { minItems: 1, maxItems: 1000 });
/** A bare list, or one under `alerts`. */
export const batchBody = Type.Union([entries, strict({ alerts: entries })], {
  description: '1 to 1,000 alerts: a list, or {"alerts": a list}.',
});

const notes = Type.Optional(Type.Union([Type.String({ maxLength: 10_000 }), Type.Null()]));
export const notesBody = strict({ notes });

/** Alerts that change together, all with the same notes. */
export const manyBody = strict({
  alert_ids: Type.Array(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), {
    minItems: 1,
    maxItems: 1000,
  }),
  notes,
});

export const raisingHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ maxLength: 255, description: 'Any text; the same request with the same key is done once.' }),
  ),
  traceparent: Type.Optional(
    Type.String({
      description: 'Of W3C Trace Context: the deliveries go on with it. One that is not well-formed is ignored.',
    }),
  ),
});

/** The key of a request that may be sent again; empty is none. */
export function idempotencyKeyOf(headers: Headers): string | undefined {
  return headers.get('idempotency-key') || undefined;
}
