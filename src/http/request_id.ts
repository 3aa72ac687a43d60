// Gives every request an id that is in its answer and in our log; one that the caller sent is kept.
import { Elysia } from 'elysia';

/** For every request, also those that meet no route. */
export const requestId = () =>
  new Elysia({ name: 'request_id' }).onRequest(({ request, set }) => {
    set.headers['x-request-id'] = requestIdOf(request.headers);
  });

/** The one that was sent, or a new one. */
export function requestIdOf(headers: Headers): string {
  const sent = headers.get('x-request-id');
  return sent !== null && /^[\w.:-]{1,128}$/.test(sent) ? sent : crypto.randomUUID();
}
