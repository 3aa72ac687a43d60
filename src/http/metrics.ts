// The route /metrics, for Prometheus: it tells of all processes of this server, whichever is asked.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { callNames } from '../store/api.ts';
import type { Meters } from '../store/meters.ts';
import { NO_STORE } from './answers.ts';
import { auth } from './auth.ts';
import type { Deps } from './deps.ts';
import { CONTENT_TYPE, type SystemFigures, writeMetrics } from './exposition.ts';
import { operation } from './operation.ts';
import type { MeteredRoutes } from './request_meter.ts';

/** A database that does not answer within this time is away: the rest is told without it. */
const DATABASE_MS_MAX = 2_000;
/** Several scrapers cost one look at the database. */
const KEPT_MS = 1_000;

const getMetrics = operation(
  'get_metrics',
  {
    tag: 'health',
    summary: 'Metrics, for Prometheus',
    description:
      'Plain text. It tells of all processes of this server and of the whole queue, and names no tenant or webhook.',
    answers: { 200: Type.String() },
    contentType: 'text/plain',
  },
  {},
);

/** What /metrics needs, with a server or without one. */
export type MetricsDeps = Pick<Deps, 'config' | 'credentials' | 'rates' | 'api' | 'cache'>;

/** Scrapers bring a token or an API key of any role as their bearer token. */
export const metrics = (deps: MetricsDeps, meters: Meters, routes: Pick<MeteredRoutes, 'list'>) => {
  const ask = makeAsk(deps.api);
  return new Elysia({ name: 'metrics' }).use(auth(deps)).get(
    '/metrics',
    async () => {
      const sources = { meters, routes: routes.list, calls: callNames, cache: deps.cache, figures: await ask() };
      const headers = { 'content-type': CONTENT_TYPE, 'cache-control': NO_STORE };
      return new Response(await writeMetrics(sources), { headers });
    },
    getMetrics,
  );
};

/** The figures of the database, at most a second old; undefined while it is away. */
function makeAsk(api: Deps['api']): () => Promise<SystemFigures | undefined> {
  let asked: Promise<SystemFigures | undefined> | undefined;
  return () => {
    asked ??= inTime(api.system.get_metrics()).finally(() => {
      setTimeout(() => {
        asked = undefined;
      }, KEPT_MS).unref();
    });
    return asked;
  };
}

async function inTime(asked: Promise<SystemFigures>): Promise<SystemFigures | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), DATABASE_MS_MAX);
  const figures = await Promise.race([asked.catch(() => undefined), late.promise]);
  clearTimeout(timer);
  return figures;
}
