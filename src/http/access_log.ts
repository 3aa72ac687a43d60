// A line for each request, at the level DEBUG.
import { Elysia } from 'elysia';
import type { Log } from '../log.ts';
import { readTraceparent, traceIdOf } from '../trace_context.ts';
import { plainPathOf } from './request_path.ts';
import type { RouteTable } from './route_table.ts';

type Serve = (...args: unknown[]) => unknown;

/** For the whole app, whatever the order. Registered only where such lines are wanted: it costs each request. */
export const accessLog = (log: Log, routes: Pick<RouteTable, 'plainPath'>) => {
  const around = (serve: Serve, request: Request, args: unknown[]) => {
    const startedAt = performance.now();
    const end = (answer: unknown) => {
      log.debug('request', {
        request_id: answer instanceof Response ? answer.headers.get('x-request-id') : undefined,
        trace_id: traceIdOf(readTraceparent(request.headers.get('traceparent'))),
        method: request.method,
        path: routes.plainPath(plainPathOf(request.url)),
        status: answer instanceof Response ? answer.status : 101,
        ms: Math.round((performance.now() - startedAt) * 10) / 10,
      });
      return answer;
    };
    const answer = serve(...args);
    return answer instanceof Promise ? answer.then(end) : end(answer);
  };
  return new Elysia({ name: 'access_log' }).wrap(
    ((serve: Serve, request: Request) =>
      (...args: unknown[]) =>
        around(serve, request, args)) as never,
  );
};
