// Takes the path out of a request's address, whatever its host is: strangers choose that, and `new URL` throws for some.

/** Without the query. */
export function plainPathOf(url: string): string {
  const path = pathOf(url);
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}

/** With the query, as it was sent. */
export function pathOf(url: string): string {
  // Under a host that is none, Bun gives the path alone.
  if (url.startsWith('/')) return url;
  const from = url.indexOf('/', url.indexOf('://') + 3);
  return from < 0 ? '/' : url.slice(from);
}
