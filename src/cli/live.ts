// Puts the live socket together: who may watch is known to the HTTP side, what is new to the database.
import { admit } from '../http/auth.ts';
import type { HttpOptions, LivePart } from '../http/deps.ts';
import { Problem } from '../http/problem.ts';
import type { Viewer } from '../live/connections.ts';
import type { Unsent } from '../live/messages.ts';
import { makeLive } from '../live/socket.ts';
import { gauges } from '../store/meter_specs.ts';

/** The live part of a server program; the time between heartbeats is its own unless a test is in a hurry. */
export function makeLivePart(options: Omit<HttpOptions, 'live'>, heartbeatMs?: number): LivePart {
  const { sql, api, log } = options;
  return makeLive({
    sql,
    api,
    log,
    authenticate: (request, address, headers) => authenticate(options, request, address, headers),
    metrics: (tenantId) => metrics(options, tenantId),
    connected: (own) => countSockets(options, own),
    heartbeatMs,
  });
}

/** What this process has open now, and what the others of its server had when they looked last, within a second. */
function countSockets({ meters }: Omit<HttpOptions, 'live'>, own: number): number {
  if (meters === undefined) return own;
  meters.set(gauges.sockets, own);
  let all = 0;
  for (const row of meters.rows()) all += row[gauges.sockets.at] as number;
  return all;
}

/**
 * Browsers send an Origin, and the page of a stranger must not watch with their visitor's access. The token comes in the
 * header, in the query, or as a subprotocol, which is all that a browser's WebSocket can set.
 * @throws Problem 401, 403
 */
async function authenticate(
  options: Omit<HttpOptions, 'live'>,
  request: Request,
  address: string,
  answerHeaders: Record<string, unknown>,
): Promise<Viewer> {
  const origin = request.headers.get('origin');
  const isOwn = origin === null || URL.parse(origin)?.host === request.headers.get('host');
  if (!isOwn && !options.config.corsOrigins.includes(origin)) {
    throw new Problem('PERMISSION_DENIED', 'Pages of this origin may not connect; see CORS_ORIGINS.');
  }
  const token = tokenOf(request);
  const headers = new Headers(request.headers);
  if (token !== undefined && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
  const caller = await admit(options, new Request(request.url, { headers }), () => address, answerHeaders);
  const { tenant_id: tenantId, subject, expiresAtMs } = caller;
  return { tenantId, subject, expiresAtMs, ...lasting(options, headers.get('authorization'), headers.get('x-tenant')) };
}

/** How the viewer is known later on: a socket outlives its request, of which only the credentials are kept. */
function lasting(
  { credentials }: Omit<HttpOptions, 'live'>,
  authorization: string | null,
  tenant: string | null,
): Pick<Viewer, 'hasChanged' | 'isValid'> {
  if (authorization === null) return { hasChanged: () => false, isValid: async () => true };
  return {
    hasChanged: credentials.watch(authorization, tenant),
    async isValid() {
      try {
        await credentials.identify(authorization, tenant);
        return true;
      } catch (error) {
        if (error instanceof Problem) return false;
        throw error;
      }
    },
  };
}

function tokenOf(request: Request): string | undefined {
  const [scheme, offered] =
    request.headers
      .get('sec-websocket-protocol')
      ?.split(',')
      .map((each) => each.trim()) ?? [];
  if (scheme === 'bearer' && offered) return offered;
  return new URL(request.url).searchParams.get('token') ?? undefined;
}

async function metrics({ api, cache }: Omit<HttpOptions, 'live'>, tenantId: number): Promise<Unsent> {
  // As short as it can be asked for: the figures are to be those of now.
  const figures = await api.dashboard.get_dashboard_performance({ p_tenant_id: tenantId, p_window_seconds: 60 });
  const { l1Hits = 0, l2Hits = 0, misses = 0 } = cache?.stats() ?? {};
  const asked = l1Hits + l2Hits + misses;
  return {
    type: 'metrics_update',
    p50_latency_ms: figures.p50_latency_ms,
    p95_latency_ms: figures.p95_latency_ms,
    p99_latency_ms: figures.p99_latency_ms,
    error_rate_percent: figures.error_rate_percent,
    cache_hit_rate_percent: asked === 0 ? null : Math.round((1000 * (l1Hits + l2Hits)) / asked) / 10,
    deliveries_per_second: figures.deliveries_per_second,
    queue_depth: figures.queue_depth,
  };
}
