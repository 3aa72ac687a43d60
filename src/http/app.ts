// The HTTP API: its table of contents, and the server that it runs on.
import { join } from 'node:path';
import { Elysia } from 'elysia';
import { makeAddressPolicy } from '../store/address_rules.ts';
import { Meters } from '../store/meters.ts';
import { accessLog } from './access_log.ts';
import { alertActions } from './alert_actions.ts';
import { alerts } from './alerts.ts';
import { answers } from './answers.ts';
import { apiKeys } from './api_keys.ts';
import { developmentGuard } from './auth.ts';
import { cache } from './cache.ts';
import { cors, safetyHeaders } from './browser_headers.ts';
import { dashboard } from './dashboard.ts';
import { dashboardPage } from './dashboard_page.ts';
import { deliveries } from './deliveries.ts';
import type { Deps, HttpOptions } from './deps.ts';
import { Drain } from './drain.ts';
import { docs } from './docs.ts';
import { health } from './health.ts';
import { type HotReads, makeHotReads } from './hot_reads.ts';
import { metrics } from './metrics.ts';
import { anyHost, problems, unshown } from './problems.ts';
import { quickHits } from './quick_hits.ts';
import { replays } from './replays.ts';
import { requestId } from './request_id.ts';
import { MeteredRoutes, requestMeter } from './request_meter.ts';
import { RouteTable } from './route_table.ts';
import { SingleReads } from './single_reads.ts';
import { system } from './system.ts';
import { tenants } from './tenants.ts';
import { traces } from './traces.ts';
import { warmFirstTenants } from './warming.ts';
import { webhookActions } from './webhook_actions.ts';
import { webhooks } from './webhooks.ts';

/** The whole API, for typed clients (Eden). */
export type App = ReturnType<typeof makeApp>;

export interface HttpServer {
  /** Without a slash at its end. */
  url: string;
  app: App;
  /** Loads what is read most; returns how many answers. Nobody waits for it, and it waits for its turn with all others. */
  warm(): Promise<number>;
  /** Accepts nothing more, lets what is in flight end for at most `graceMs` (5 s), and closes; see also drain.ts. */
  stop(graceMs?: number): Promise<void>;
}

const GRACE_MS = 5_000;
const DRAIN_MS_MAX = 2_000;
/** Beyond this Bun itself answers 413, without a document; every limit of ours is below. */
const REQUEST_BYTES_MAX = 64 * 1024 * 1024;

/** A reader that is so far behind is dropped: it reconnects and resumes, and nobody's memory fills up. */
const websocket = {
  backpressureLimit: 1024 * 1024,
  closeOnBackpressureLimit: true,
  maxPayloadLength: 16 * 1024,
  idleTimeout: 120,
} as const;

/**
 * Starts the API on the configured address.
 * @throws Error with code EADDRINUSE when another program has the port
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { apiHost, apiPort, environment, allowedNetworks } = options.config;
  const policy = makeAddressPolicy({ allowedNetworks, allowLoopback: environment === 'development' });
  const drain = new Drain();
  const deps = { ...options, policy };
  const parts: Parts = {};
  const app = makeApp(deps, drain, parts);
  app.listen({ hostname: apiHost, port: apiPort });
  const { server } = app;
  if (!server) throw new Error('The HTTP server did not start.');
  await options.live?.start(server);
  return {
    url: server.url.origin,
    app,
    warm: async () => (parts.hotReads === undefined ? 0 : warmFirstTenants(deps, parts.hotReads)),
    async stop(graceMs = GRACE_MS) {
      if (isOneOfSeveral(options.config)) await drain.run(DRAIN_MS_MAX);
      const timer = setTimeout(() => server.stop(true), graceMs);
      const stopped = server.stop(false);
      await options.live?.stop();
      await stopped;
      clearTimeout(timer);
    },
  };
}

/** Whether other processes of the same server listen on its port. */
function isOneOfSeveral({ seat }: HttpOptions['config']): boolean {
  return seat !== undefined;
}

/** What an app is made with, for whoever starts it. */
type Parts = { hotReads?: HotReads };

/** The plugins in their order: what every request passes, then the routes. */
export function makeApp(given: Deps, drain = new Drain(), parts: Parts = {}) {
  const deps = { ...given, meters: given.meters ?? new Meters() };
  const routes = new RouteTable();
  const metered = new MeteredRoutes(routes);
  let throughRoutes: (request: Request) => Promise<Response>;
  const singles = new SingleReads();
  const hotReads = makeHotReads(deps, singles, (request) => throughRoutes(request));
  parts.hotReads = hotReads;
  const app = new Elysia({
    name: 'tocsin',
    normalize: false,
    // Two servers on one port would share its traffic silently: only those of one supervisor may.
    serve: { reusePort: isOneOfSeveral(deps.config), maxRequestBodySize: REQUEST_BYTES_MAX, ...unshown(deps.log) },
    handler: anyHost,
    websocket,
  })
    .headers(safetyHeaders)
    .use(quickHits(deps, drain))
    .use(requestMeter(deps.meters, metered))
    .use(drain.plugin)
    .use(requestId())
    .use(deps.config.logLevel === 'debug' ? accessLog(deps.log, routes) : new Elysia())
    .use(traces(deps.tracing, routes))
    .use(problems(deps.log, routes, deps.tracing))
    .use(cors(deps.config))
    .use(developmentGuard(deps.config))
    .use(answers())
    .use(hotReads.plugin)
    .use(docs(() => routes.all, ''))
    .use(dashboardPage({ cacheFolder: join(process.cwd(), '.tocsin/dashboard') }))
    // Its routes are no calls; as AnyElysia it would take away the types of all others.
    .use((deps.live?.plugin ?? new Elysia()) as Elysia)
    .use(health(deps, { isHidden: false }))
    .use(metrics(deps, deps.meters, metered))
    .group('/api/v1', (v1) =>
      v1
        .use(docs(() => routes.all, '/api/v1'))
        .use(health(deps, { isHidden: true }))
        .use(webhooks(deps, singles))
        .use(webhookActions(deps))
        .use(replays(deps))
        .use(alerts(deps, singles))
        .use(alertActions(deps))
        .use(dashboard(deps))
        .use(deliveries(deps, singles))
        .use(system(deps))
        .use(apiKeys(deps))
        .use(tenants(deps))
        .use(cache(deps, hotReads)),
    );
  throughRoutes = async (request) => app.handle(request);
  routes.fill(app.routes);
  return app;
}
