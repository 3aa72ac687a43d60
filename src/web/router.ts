// Where the person is: the path and query of the address, kept in signals, on the History API.
import { computed, signal } from '@preact/signals';
import { type Range, rangeQuery, readRange, withQuery } from './url_state.ts';

/** All pages lie below this path. */
export const ROOT = '/dashboard';

/** The path below ROOT, with a leading slash and none at the end: `/webhooks/12`; the overview is ''. */
export const path = signal('');
export const query = signal(new URLSearchParams());

/** The time range of the address. */
export const range = computed(() => readRange(query.value));

/** Goes to a page, as a click on a link to it would; `replace` leaves no trace in the history. */
export function go(to: string, options: { replace?: boolean } = {}): void {
  const url = `${ROOT}${to}`;
  if (url === location.pathname + location.search) return;
  history[options.replace ? 'replaceState' : 'pushState'](null, '', url);
  const before = path.peek();
  read();
  if (path.peek() !== before) scrollTo(0, 0);
}

/** Changes filters of the page that is shown. Typing replaces the address, a choice adds to the history. */
export function setQuery(patch: Record<string, string | null>, options: { replace?: boolean } = {}): void {
  const next = withQuery(query.peek(), patch).toString();
  go(`${path.peek()}${next ? `?${next}` : ''}`, options);
}

/** Shows another stretch of time, on all charts; null goes back to what the page shows by itself. */
export function setRange(next: Range | null): void {
  setQuery(rangeQuery(next));
}

/** The address of a page, for a link. */
export function href(to: string): string {
  return `${ROOT}${to}`;
}

/** Begins to follow the address and to take over clicks on links to our own pages. */
export function startRouter(): void {
  read();
  addEventListener('popstate', read);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest?.('a');
    if (!link || link.target || link.origin !== location.origin || !isOurs(link.pathname)) return;
    event.preventDefault();
    go(link.pathname.slice(ROOT.length) + link.search);
  });
}

function isOurs(pathname: string): boolean {
  return pathname === ROOT || pathname.startsWith(`${ROOT}/`);
}

function read(): void {
  path.value = location.pathname.slice(ROOT.length).replace(/\/+$/, '');
  query.value = new URLSearchParams(location.search);
}
