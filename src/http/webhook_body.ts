// The body that describes a webhook: its fields, and their way into the database, with secrets sealed.
import { type Static, type TOptional, type TUnknown, Type } from '@sinclair/typebox';
import { checkUrl } from '../store/address_rules.ts';
import { formats, severities, webhookRow } from '../store/api/webhooks.ts';
import { generateSecret, readSecret } from '../store/secrets.ts';
import type { Vault } from '../store/vault.ts';
import type { Deps } from './deps.ts';
import { strict } from './operation.ts';
import { type FieldError, invalid } from './problem.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const words = <const W extends readonly string[]>(list: W) =>
  Type.Unsafe<W[number]>(Type.Union(list.map((word) => Type.Literal(word))));
const seconds = (minimum: number, maximum: number) => Type.Number({ minimum, maximum });

export const secretField = Type.String({
  minLength: 38,
  maxLength: 100,
  description:
    'A signing secret of Standard Webhooks: whsec_ and the base64 of 24 to 64 bytes. One is made if none is given.',
});

const settings = {
  description: Type.Optional(nullable(Type.String({ maxLength: 2000 }))),
  is_active: Type.Optional(Type.Boolean()),
  events: Type.Optional(
    Type.Array(
      Type.String({
        maxLength: 200,
        pattern: '^(\\*|[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*(\\.\\*)?)$',
        examples: ['order.paid', 'order.*', '*'],
      }),
      {
        minItems: 1,
        maxItems: 100,
        description: 'Alert types, prefixes such as order.*, or * for all, which is the default.',
      },
    ),
  ),
  min_severity: Type.Optional(nullable(words(severities))),
  filter: Type.Optional(
    nullable(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Conditions on the alert, such as {"context.amount": {"gte": 100}}.',
      }),
    ),
  ),
  headers: Type.Optional(
    nullable(
      Type.Record(Type.String(), Type.String({ maxLength: 4096 }), {
        maxProperties: 50,
        description: 'Sent with every delivery; kept encrypted and never shown again, only their names.',
      }),
    ),
  ),
  secret: Type.Optional(secretField),
  retry_policy: Type.Optional(
    nullable(
      strict({
        max_retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
        backoff_base: Type.Optional(seconds(0.1, 86_400)),
        max_backoff: Type.Optional(seconds(1, 604_800)),
        schedule: Type.Optional(Type.Array(seconds(0, 604_800), { minItems: 1, maxItems: 100 })),
      }),
    ),
  ),
  timeout_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 120 })),
  ssl_verify: Type.Optional(Type.Boolean()),
  rate_limit_per_second: Type.Optional(nullable(Type.Number({ minimum: 0.001, maximum: 100_000 }))),
  max_in_flight: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  ordered: Type.Optional(Type.Boolean({ description: 'One delivery at a time, in order.' })),
  format: Type.Optional(
    Type.Unsafe<(typeof formats)[number]>({
      ...words(formats),
      description:
        'What is sent. For pagerduty the routing key goes into a header x-routing-key, or into the url as ?routing_key=….',
    }),
  ),
};
const name = Type.String({ minLength: 1, maxLength: 200 });
const url = Type.String({ minLength: 1, maxLength: 2048, description: 'Where to POST: http or https.' });

type ReadOnlyField = Exclude<keyof typeof webhookRow, 'name' | 'url' | keyof typeof settings>;

/** What only answers have; taken and ignored, so that an answer can be sent back with a change. */
const readOnly = Object.fromEntries(
  Object.keys(webhookRow)
    .filter((field) => !(field in settings) && field !== 'name' && field !== 'url')
    .map((field) => [field, Type.Optional(Type.Unknown({ readOnly: true, description: 'Ignored.' }))]),
) as Record<ReadOnlyField, TOptional<TUnknown>>;

export const createBody = strict({ name, url, ...settings, ...readOnly });
export const updateBody = strict({ name: Type.Optional(name), url: Type.Optional(url), ...settings, ...readOnly });
export type UpdateBody = Static<typeof updateBody>;

/** The settings as `update_webhook` and, with the prefix p_, `create_webhook` take them. */
export type StoredSettings = Record<string, unknown>;

/**
 * Checks what SQL cannot know, seals the headers, and leaves out what is not stored in the webhook itself.
 * @throws Problem 422
 */
export function storedSettings(body: UpdateBody, { policy, vault }: Pick<Deps, 'policy' | 'vault'>): StoredSettings {
  const { secret, headers, ...rest } = body;
  const errors = [...urlErrors(body.url, policy), ...secretErrors(secret), ...headerErrors(headers)];
  if (errors.length > 0) throw invalid(errors);
  const stored: StoredSettings = Object.fromEntries(Object.entries(rest).filter(([field]) => !(field in readOnly)));
  if (headers !== undefined) Object.assign(stored, sealedHeaders(headers ?? {}, vault));
  return stored;
}

/** The caller's secret or a new one, and how it is stored. */
export function sealedSecret(secret: string | undefined, vault: Vault): { secret: string; sealed: string } {
  const errors = secretErrors(secret);
  if (errors.length > 0) throw invalid(errors);
  const used = secret ?? generateSecret();
  return { secret: used, sealed: vault.seal(used, 'webhook_secret') };
}

function sealedHeaders(headers: Record<string, string>, vault: Vault): StoredSettings {
  const entries = Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value] as const);
  const header_names = entries.map(([header]) => header).sort();
  const content = JSON.stringify(Object.fromEntries(entries));
  return { header_names, headers_sealed: entries.length === 0 ? null : vault.seal(content, 'webhook_headers') };
}

function urlErrors(address: string | undefined, policy: Deps['policy']): FieldError[] {
  const verdict = address === undefined ? { ok: true as const } : checkUrl(address, policy);
  if (verdict.ok) return [];
  const detail = `The url cannot be used: ${wordsOf(verdict.reason)}.`;
  return [{ pointer: '/url', detail: [detail, verdict.advice].filter(Boolean).join(' ') }];
}

function secretErrors(secret: string | undefined): FieldError[] {
  const reading = secret === undefined ? { ok: true as const } : readSecret(secret);
  return reading.ok ? [] : [{ pointer: '/secret', detail: `The secret cannot be used: ${reading.reason}.` }];
}

// Those that the message or the connection depends on.
const reserved = new Set(
  `host user-agent content-type content-length content-encoding accept-encoding transfer-encoding connection keep-alive te
  trailer upgrade expect proxy-authorization webhook-id webhook-timestamp webhook-signature`.split(/\s+/),
);

function headerErrors(headers: Record<string, string> | null | undefined): FieldError[] {
  const names = Object.keys(headers ?? {});
  const detail = names.some((header) => !/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(header))
    ? 'The name of a header is not a token (RFC 9110).'
    : names.some((header) => reserved.has(header.toLowerCase()))
      ? 'A header is one that Tocsin or the connection sets itself.'
      : new Set(names.map((header) => header.toLowerCase())).size < names.length
        ? 'A header stands there twice.'
        : Object.values(headers ?? {}).some((value) => !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
          ? 'The value of a header has a character that headers cannot carry.'
          : undefined;
  return detail === undefined ? [] : [{ pointer: '/headers', detail }];
}

/** The words of a verdict, less its code. */
function wordsOf(reason: string): string {
  return reason.slice(reason.indexOf(': ') + 2);
}
