// Turns what stands in the form of a webhook into settings for the API, and settings into what stands in the form.
import type { Webhook } from '../api/types.ts';

/** The fields of the form, all as text. */
export interface FormFields {
  name: string;
  url: string;
  description: string;
  events: string;
  min_severity: string;
  filter: string;
  headers: string;
  format: string;
  timeout_seconds: string;
  rate_limit_per_second: string;
  max_in_flight: string;
  max_retries: string;
  ordered: boolean;
  ssl_verify: boolean;
}

/** Settings to send, or what is wrong with a field, by JSON pointer as the server would say it. */
export type Reading = { ok: true; settings: Record<string, unknown> } | { ok: false; pointer: string; detail: string };

export function fieldsOf(webhook: Webhook | undefined): FormFields {
  return {
    name: webhook?.name ?? '',
    url: webhook?.url ?? '',
    description: webhook?.description ?? '',
    events: (webhook?.events ?? ['*']).join(', '),
    min_severity: webhook?.min_severity ?? 'INFO',
    filter: webhook?.filter ? JSON.stringify(webhook.filter, null, 2) : '',
    headers: '',
    format: webhook?.format ?? 'standard',
    timeout_seconds: String(webhook?.timeout_seconds ?? 30),
    rate_limit_per_second: webhook?.rate_limit_per_second ? String(webhook.rate_limit_per_second) : '',
    max_in_flight: String(webhook?.max_in_flight ?? 10),
    max_retries: webhook?.retry_policy.max_retries === undefined ? '' : String(webhook.retry_policy.max_retries),
    ordered: webhook?.ordered ?? false,
    ssl_verify: webhook?.ssl_verify ?? true,
  };
}

/** Of a webhook that exists only what differs is sent, so that two people do not undo one another's changes. */
export function readFields(fields: FormFields, webhook: Webhook | undefined): Reading {
  const filter = readFilter(fields.filter);
  if (!filter.ok)
    return {
      ok: false,
      pointer: '/filter',
      detail: 'The filter is not JSON: an object such as {"context.amount": {"gte": 100}}.',
    };
  const headers = readHeaders(fields.headers);
  if (!headers.ok)
    return { ok: false, pointer: '/headers', detail: 'One header per line, as in authorization: Bearer abc.' };
  const settings: Record<string, unknown> = {
    name: fields.name.trim(),
    url: fields.url.trim(),
    description: fields.description.trim() || null,
    events: fields.events.split(/[\s,]+/).filter(Boolean),
    min_severity: fields.min_severity,
    filter: filter.value,
    format: fields.format,
    timeout_seconds: Number(fields.timeout_seconds),
    rate_limit_per_second: fields.rate_limit_per_second.trim() ? Number(fields.rate_limit_per_second) : null,
    max_in_flight: Number(fields.max_in_flight),
    retry_policy: policyOf(fields, webhook),
    ordered: fields.ordered,
    ssl_verify: fields.ssl_verify,
    ...(headers.value ? { headers: headers.value } : {}),
  };
  return { ok: true, settings: webhook ? changed(settings, webhook) : settings };
}

function policyOf(fields: FormFields, webhook: Webhook | undefined): Record<string, unknown> {
  const { max_retries: _before, ...rest } = webhook?.retry_policy ?? {};
  const text = fields.max_retries.trim();
  return text ? { ...rest, max_retries: Number(text) } : rest;
}

function changed(settings: Record<string, unknown>, webhook: Webhook): Record<string, unknown> {
  const before = webhook as unknown as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])),
  );
}

function readFilter(text: string): { ok: true; value: Record<string, unknown> | null } | { ok: false } {
  if (text.trim() === '') return { ok: true, value: null };
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { ok: true, value: value as Record<string, unknown> } : { ok: false };
  } catch {
    return { ok: false };
  }
}

/** `name: value` lines; null when there is none, which leaves the headers as they are. */
function readHeaders(text: string): { ok: true; value: Record<string, string> | null } | { ok: false } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return { ok: true, value: null };
  const pairs = lines.map((line) => line.match(/^\s*([\w-]+)\s*:\s*(.*?)\s*$/));
  if (pairs.some((pair) => pair === null)) return { ok: false };
  return { ok: true, value: Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? ''])) };
}
