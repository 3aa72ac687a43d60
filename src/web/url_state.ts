// What the address says about the page: filters and the time range, read and written without touching the browser.

/** A stretch of time: one that ends now, or a fixed one that a drag over a chart has chosen. */
export type Range = { kind: 'last'; name: RangeName } | { kind: 'between'; sinceMs: number; untilMs: number };
export type RangeName = keyof typeof ranges;

/** The named ranges, in seconds. */
export const ranges = {
  '15m': 900,
  '1h': 3_600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
} as const;

const DEFAULT_RANGE: RangeName = '15m';
const RANGE_KEYS = ['range', 'since', 'until'];

/** The range of an address; what makes no sense counts as absent. */
export function readRange(query: URLSearchParams): Range {
  const sinceMs = Date.parse(query.get('since') ?? '');
  const untilMs = Date.parse(query.get('until') ?? '');
  if (sinceMs < untilMs) return { kind: 'between', sinceMs, untilMs };
  const name = query.get('range') ?? '';
  return { kind: 'last', name: Object.hasOwn(ranges, name) ? (name as RangeName) : DEFAULT_RANGE };
}

/** The query of a range, to be merged into an address; null takes a key away, and no range takes all away. */
export function rangeQuery(range: Range | null): Record<string, string | null> {
  if (range === null) return { range: null, since: null, until: null };
  if (range.kind === 'last') return { range: range.name, since: null, until: null };
  // Whole seconds: nobody drags more exactly, and the address stays short.
  const text = (ms: number) => new Date(Math.round(ms / 1_000) * 1_000).toISOString().replace('.000', '');
  return { range: null, since: text(range.sinceMs), until: text(range.untilMs) };
}

/** From when to when, in milliseconds. */
export function boundsOf(range: Range, now: number): { sinceMs: number; untilMs: number } {
  if (range.kind === 'between') return { sinceMs: range.sinceMs, untilMs: range.untilMs };
  return { sinceMs: now - ranges[range.name] * 1_000, untilMs: now };
}

/** What the range of the address means on a page: charts always have one, lists only when it was chosen. */
export function rangeUse(path: string): 'charts' | 'lists' | 'none' {
  if (path === '' || /^\/webhooks\/\d+$/.test(path)) return 'charts';
  return path === '/alerts' || path === '/deliveries' ? 'lists' : 'none';
}

/** The bounds of a list, for the API; null where the address names no range. */
export function listBounds(query: URLSearchParams, now: number): { since: string | null; until: string | null } {
  if (!RANGE_KEYS.some((name) => query.has(name))) return { since: null, until: null };
  const range = readRange(query);
  const { sinceMs, untilMs } = boundsOf(range, now);
  // A range that ends now takes in what comes next.
  return {
    since: new Date(sinceMs).toISOString(),
    until: range.kind === 'last' ? null : new Date(untilMs).toISOString(),
  };
}

/** The steps that the rollups can answer, in seconds. */
const STEPS = [60, 300, 900, 3_600, 21_600, 86_400];

/** The smallest step that gives a chart at most about 360 points. */
export function stepFor(sinceMs: number, untilMs: number): number {
  const seconds = (untilMs - sinceMs) / 1_000;
  return STEPS.find((step) => seconds / step <= 360) ?? 86_400;
}

/** A query with these keys replaced; null and empty take a key away. Order stays, so that addresses compare. */
export function withQuery(query: URLSearchParams, patch: Record<string, string | null | undefined>): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** The part of a query that goes along from page to page: the time range. */
export function carriedQuery(query: URLSearchParams): string {
  const kept = new URLSearchParams([...query].filter(([name]) => RANGE_KEYS.includes(name))).toString();
  return kept ? `?${kept}` : '';
}

/** A path and its parameters, when it matches a pattern such as `/webhooks/:id`. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.replace(/\/+$/, '').split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(text);
    else if (part !== text) return null;
  }
  return params;
}
