// Writes what routes return: JSON, the request's id, and for readable things an ETag and the answer 304.
import { Elysia, ElysiaCustomStatusResponse } from 'elysia';

/** A route sets this on an answer that is out of date at once; it then has no ETag. */
export const NO_STORE = 'no-store';

/** For all routes that are registered after it. */
export const answers = () =>
  new Elysia({ name: 'answers' }).mapResponse({ as: 'global' }, ({ responseValue, set, request }) => {
    const { status, content } = read(responseValue, set.status);
    const headers = takeHeaders(set as { headers: Record<string, string>; status?: number });
    if (responseValue instanceof Response) return withHeaders(responseValue, headers);
    if (content === undefined) return new Response(null, { status: status === 200 ? 204 : status, headers });
    const text = JSON.stringify(content);
    const all = { ...headers, 'content-type': 'application/json' };
    const isReadable = status === 200 && (request.method === 'GET' || request.method === 'HEAD');
    if (!isReadable || headers['cache-control'] === NO_STORE) return new Response(text, { status, headers: all });
    const etag = `"${Bun.hash(text).toString(36)}"`;
    // What is not yet cached here comes from the database.
    const fresh = { ...all, etag, 'cache-control': 'private, no-cache', 'x-cache': 'miss' };
    const isKnown = knows(request.headers.get('if-none-match'), etag);
    return isKnown
      ? new Response(null, { status: 304, headers: fresh })
      : new Response(text, { status, headers: fresh });
  });

/**
 * The headers that were set for an answer, for whoever makes its Response. Elysia would write what is left, and a status, into a
 * second Response: on a hot read that costs as much again as all else.
 */
export function takeHeaders(set: { headers: Record<string, string>; status?: unknown }): Record<string, string> {
  const { headers } = set;
  set.headers = {};
  set.status = 200;
  return headers;
}

/** Routes return what to send, or `status(201, what)`. */
function read(value: unknown, setStatus: unknown): { status: number; content: unknown } {
  if (value instanceof ElysiaCustomStatusResponse) return { status: Number(value.code), content: value.response };
  return { status: typeof setStatus === 'number' ? setStatus : 200, content: value };
}

function withHeaders(response: Response, headers: Record<string, string>): Response {
  for (const [name, value] of Object.entries(headers)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}

/** Weak comparison (RFC 9110, 13.1.2). */
function knows(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(',').some((known) => known.trim() === '*' || known.trim().replace(/^W\//, '') === etag);
}
