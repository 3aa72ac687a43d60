// Holds every answer that a test gets against what the API says of itself.
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { DescribedRoute } from '../../src/http/openapi.ts';
import { problemKinds } from '../../src/http/problem.ts';

export interface Seen {
  method: string;
  path: string;
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: it is what came over the wire.
  json: any;
  text?: string;
}

/**
 * @throws Error when an answer has no request id, an error is no problem document, or a success is not as documented
 */
export function checkDocumented(routes: readonly DescribedRoute[], seen: Seen): void {
  const { method, path, status, headers, json } = seen;
  const at = `${method} ${path} → ${status}`;
  if (!headers.get('x-request-id')) throw new Error(`${at}: no x-request-id`);
  const [plain = ''] = path.split('?');
  const route = routes.find((known) => known.method === method && matches(known.path, plain));
  const answers = route?.hooks.detail?.answers ?? {};
  if (status >= 400 && !(status in answers)) {
    checkProblem(at, seen);
    return;
  }
  if (!route?.hooks.detail || status === 304) return;
  if (!(status in answers)) throw new Error(`${at}: this status is not documented`);
  const schema = answers[status] as TSchema | null;
  if (schema === null) return;
  const [error] = [...Value.Errors(schema, route.hooks.detail.contentType === undefined ? json : seen.text)];
  if (error) throw new Error(`${at}: ${error.path} ${error.message}`);
}

function checkProblem(at: string, { status, headers, json }: Seen): void {
  const kind = problemKinds[json?.error_code as keyof typeof problemKinds];
  const isWhole =
    headers.get('content-type') === 'application/problem+json' &&
    kind?.status === status &&
    json.status === status &&
    json.title === kind.title &&
    json.type === `urn:tocsin:problem:${json.error_code.toLowerCase()}` &&
    typeof json.detail === 'string' &&
    json.instance.startsWith('/') &&
    !Number.isNaN(Date.parse(json.timestamp)) &&
    Array.isArray(json.errors);
  if (!isWhole) throw new Error(`${at}: no proper problem document: ${JSON.stringify(json)}`);
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern, path].map((text) => text.split('/').filter(Boolean)) as [string[], string[]];
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith(':') || part === given[i]);
}
