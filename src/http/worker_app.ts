// What a worker without the API tells over HTTP: its metrics and its health, on a port of its own.
import { Elysia } from 'elysia';
import type { Meters } from '../store/meters.ts';
import { answers } from './answers.ts';
import { developmentGuard } from './auth.ts';
import { safetyHeaders } from './browser_headers.ts';
import type { HttpOptions } from './deps.ts';
import { health } from './health.ts';
import { metrics } from './metrics.ts';
import { anyHost, problems, unshown } from './problems.ts';
import { requestId } from './request_id.ts';
import { MeteredRoutes, requestMeter } from './request_meter.ts';
import { RouteTable } from './route_table.ts';

export type WorkerAppDeps = Pick<HttpOptions, 'config' | 'sql' | 'api' | 'log' | 'credentials' | 'rates'> & {
  meters: Meters;
};

/**
 * Starts it on API_HOST and `port`.
 * @throws Error with code EADDRINUSE when another program has the port
 */
export function startWorkerHttp(given: WorkerAppDeps, port: number): { url: string; stop(): Promise<void> } {
  const deps = { ...given, cache: undefined, scoreboard: undefined };
  const routes = new RouteTable();
  const metered = new MeteredRoutes(routes);
  const app = new Elysia({
    name: 'tocsin_worker',
    serve: { reusePort: false, ...unshown(deps.log) },
    handler: anyHost,
  })
    .headers(safetyHeaders)
    .use(requestMeter(deps.meters, metered))
    .use(requestId())
    .use(problems(deps.log, routes))
    .use(developmentGuard(deps.config))
    .use(answers())
    .use(health(deps, { isHidden: false }))
    .use(metrics(deps, deps.meters, metered));
  routes.fill(app.routes);
  app.listen({ hostname: deps.config.apiHost, port });
  const { server } = app;
  if (!server) throw new Error('The HTTP server of the worker did not start.');
  return { url: server.url.origin, stop: () => server.stop(true) };
}
