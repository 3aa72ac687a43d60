// A span for each request, where tracing is configured: it goes on with the trace of the caller.
import { Elysia } from 'elysia';
import { readTraceparent } from '../trace_context.ts';
import type { Tracing } from '../tracing.ts';
import { plainPathOf } from './request_path.ts';
import type { RouteTable } from './route_table.ts';

type Serve = (...args: unknown[]) => unknown;

/** For the whole app, whatever the order. Without tracing it is nothing, and costs nothing. */
export const traces = (tracing: Tracing | undefined, routes: Pick<RouteTable, 'plainPath'>) => {
  const plugin = new Elysia({ name: 'traces' });
  if (tracing === undefined) return plugin;
  const around = (serve: Serve, request: Request, args: unknown[]) => {
    // A read that is not cached goes through the app once more, as a part of the request that asked for it.
    if (tracing.current() !== undefined) return serve(...args);
    const route = routes.plainPath(plainPathOf(request.url)).replace(/\/\d+(?=\/|$)/g, '/:id');
    const span = tracing.start(
      `${request.method} ${route}`,
      'server',
      readTraceparent(request.headers.get('traceparent')),
    );
    span.set({ 'http.request.method': request.method, 'http.route': route });
    const end = (response: unknown) => {
      const status = response instanceof Response ? response.status : 101;
      const requestId = response instanceof Response ? response.headers.get('x-request-id') : null;
      span.set({ 'http.response.status_code': status, 'tocsin.request_id': requestId ?? undefined });
      span.end(status >= 500 ? String(status) : undefined);
      return response;
    };
    return tracing.within(span, () => {
      const answer = serve(...args);
      return answer instanceof Promise ? answer.then(end) : end(answer);
    });
  };
  return plugin.wrap(
    ((serve: Serve, request: Request) =>
      (...args: unknown[]) =>
        around(serve, request, args)) as never,
  );
};
