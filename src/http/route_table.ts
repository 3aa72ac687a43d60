// Knows all paths and methods of the app: says what a request that met no route has got wrong.
import type { DescribedRoute } from './openapi.ts';
import { Problem } from './problem.ts';

/** Filled when the app is complete; until then every path is missing. */
export class RouteTable {
  all: readonly DescribedRoute[] = [];
  readonly #methodsBySegments = new Map<string, Set<string>>();
  readonly #patterns: { path: string; segments: string[]; methods: Set<string> }[] = [];
  readonly #words = new Set<string>();

  fill(routes: readonly DescribedRoute[]): void {
    this.all = routes;
    for (const { method, path } of routes) {
      const segments = split(path);
      const key = segments.join('/');
      let methods = this.#methodsBySegments.get(key);
      if (!methods) {
        methods = new Set();
        this.#methodsBySegments.set(key, methods);
        this.#patterns.push({ path: path.replace(/(.)\/$/, '$1'), segments, methods });
      }
      methods.add(method);
      if (method === 'GET') methods.add('HEAD');
      for (const segment of segments) if (!segment.startsWith(':')) this.#words.add(segment);
    }
  }

  /** 405 with `allow` where the path exists, else 404. */
  missing(method: string, path: string): Problem {
    const segments = split(path);
    const allowed = new Set<string>();
    for (const { segments: pattern, methods } of this.#patterns) {
      if (matches(pattern, segments)) for (const known of methods) allowed.add(known);
    }
    if (allowed.size === 0 || allowed.has(method)) {
      return new Problem('RESOURCE_NOT_FOUND', 'There is nothing at this path.');
    }
    const allow = [...allowed].sort().join(', ');
    return new Problem('METHOD_NOT_ALLOWED', `This path allows ${allow}.`, [], { allow });
  }

  /** The path of the route that a request meets, as it was declared: with `:id`, not 42. */
  routeOf(method: string, path: string): string | undefined {
    const segments = split(path);
    const found = this.#patterns.filter(
      ({ segments: pattern, methods }) => methods.has(method) && matches(pattern, segments),
    );
    // Words before parameters, as the router has it.
    return found.sort((a, b) => parametersOf(a.segments) - parametersOf(b.segments))[0]?.path;
  }

  /** The path with what is neither a word of ours nor a number taken out: errors and logs repeat nothing that was submitted. */
  plainPath(path: string): string {
    const segments = split(path).slice(0, 10);
    return `/${segments.map((segment) => (this.#words.has(segment) || /^\d{1,16}$/.test(segment) ? segment : '…')).join('/')}`;
  }
}

function parametersOf(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith(':')).length;
}

function split(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((segment, i) => segment.startsWith(':') || segment === segments[i])
  );
}
