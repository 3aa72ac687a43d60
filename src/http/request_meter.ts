// Counts every request by its route and status, and how long its answer took: a few additions each, whatever the route.
import { Elysia } from 'elysia';
import { counters, ROUTES_MAX, statuses } from '../store/meter_specs.ts';
import type { Meters } from '../store/meters.ts';
import { admittedCaller } from './auth.ts';
import { plainPathOf } from './request_path.ts';
import type { RouteTable } from './route_table.ts';

/** A route as its series are labelled. */
export type MeteredRoute = { method: string; route: string };

/** What met no route: the paths that strangers try are no labels. */
const NONE: MeteredRoute = { method: 'any', route: 'none' };
/** Files of our own pages count as one. */
const PAGES: MeteredRoute = { method: 'GET', route: 'pages' };
const PATHS_KNOWN_MAX = 10_000;
/** Longer than any of ours: what strangers send must not fill the memory. */
const PATH_KNOWN_LENGTH_MAX = 200;

const placeOfStatus = new Uint8Array(1_000).fill(statuses.length - 1);
for (const [place, status] of statuses.entries()) if (status !== 'other') placeOfStatus[Number(status)] = place;

/** Gives each route its place among the meters; the same in every process, as all have the same routes. */
export class MeteredRoutes {
  readonly #table: RouteTable;
  #list: MeteredRoute[] | undefined;
  readonly #places = new Map<string, number>();
  /** Places by method and path: most requests are for few paths. */
  readonly #known = new Map<string, Map<string, number>>();

  constructor(table: RouteTable) {
    this.#table = table;
  }

  /** By place. What has no place of its own counts at the first. */
  get list(): readonly MeteredRoute[] {
    if (this.#list !== undefined) return this.#list;
    const described = this.#table.all.map(({ method, path }) => ({
      method: method === 'WS' ? 'GET' : method,
      route: path.replace(/(.)\/$/, '$1'),
    }));
    const unique = new Map(described.filter(({ route }) => !isPage(route)).map((each) => [keyOf(each), each]));
    this.#list = [NONE, PAGES, ...[...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)];
    for (const [place, each] of this.#list.entries()) if (place < ROUTES_MAX) this.#places.set(keyOf(each), place);
    return this.#list;
  }

  placeOf(method: string, path: string): number {
    let paths = this.#known.get(method);
    if (paths === undefined) {
      paths = new Map();
      // Methods are what clients send: made-up ones are not remembered.
      if (this.#known.size < 10) this.#known.set(method, paths);
    }
    const known = paths.get(path);
    if (known !== undefined) return known;
    const place = this.#find(method === 'HEAD' ? 'GET' : method, path);
    if (path.length > PATH_KNOWN_LENGTH_MAX) return place;
    if (paths.size >= PATHS_KNOWN_MAX) paths.clear();
    paths.set(path, place);
    return place;
  }

  #find(method: string, path: string): number {
    const route = this.#table.routeOf(method, path) ?? this.#table.routeOf('WS', path);
    if (this.list.length === 0 || route === undefined) return isPage(path) ? 1 : 0;
    return isPage(route) ? 1 : (this.#places.get(keyOf({ method, route })) ?? 0);
  }
}

type Serve = (request: Request, server: unknown) => unknown;

/** For the whole app, whatever the order. It costs a request about 0.2 µs. */
export const requestMeter = (meters: Meters, routes: MeteredRoutes) => {
  const count = (place: number, startedAt: number, response: unknown) => {
    // An upgrade to a WebSocket has no Response.
    const status = response instanceof Response ? response.status : 101;
    meters.add(counters.requests, place * statuses.length + (placeOfStatus[status] ?? statuses.length - 1));
    meters.observe(counters.requestSeconds, (performance.now() - startedAt) / 1000, place);
    return response;
  };
  const metered = (serve: Serve) => (request: Request, server: unknown) => {
    // What the cache loads goes through the app once more, as a part of the request that asked for it.
    if (admittedCaller(request) !== undefined) return serve(request, server);
    const startedAt = performance.now();
    const place = routes.placeOf(request.method, plainPathOf(request.url));
    const answer = serve(request, server);
    return answer instanceof Promise
      ? answer.then((response) => count(place, startedAt, response))
      : count(place, startedAt, answer);
  };
  return new Elysia({ name: 'request_meter' }).wrap(metered as never);
};

function keyOf({ method, route }: MeteredRoute): string {
  return `${method} ${route}`;
}

function isPage(path: string): boolean {
  return /^\/dashboard\/.|\/(?:docs|redoc)\/(?!json)./.test(path);
}
