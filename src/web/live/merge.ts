// Lets new rows into a list that someone reads: never under the pointer, and counted instead of inserted when they come fast.

export interface Feed<Row> {
  /** What is shown, newest first. */
  rows: readonly Row[];
  /** New ones that wait to be let in, newest first. */
  held: readonly Row[];
}

interface Keyed {
  id: number;
}

/** More than this many new rows within a second are counted instead of inserted. */
export const CALM_PER_SECOND = 3;
const ROWS_MAX = 500;

/**
 * Takes new rows in, newest first: at the top while the reader is not on the list and few come, else held. Rows that are
 * there already are replaced in their place.
 */
export function addRows<Row extends Keyed>(
  feed: Feed<Row>,
  incoming: readonly Row[],
  reader: { isOnList: boolean; isFast: boolean },
): Feed<Row> {
  const shown = new Set(feed.rows.map(({ id }) => id));
  const waiting = new Set(feed.held.map(({ id }) => id));
  const fresh = unique(incoming).filter(({ id }) => !shown.has(id) && !waiting.has(id));
  const held = sorted([...fresh, ...feed.held]);
  if (fresh.length === 0) return feed;
  // What was held keeps its place in time: a calm row must not overtake it.
  if (reader.isOnList || reader.isFast || feed.held.length > 0) return { rows: feed.rows, held: held.slice(0, 10_000) };
  return { rows: sorted([...fresh, ...feed.rows]).slice(0, ROWS_MAX), held: [] };
}

/** Lets in what was held. */
export function release<Row extends Keyed>(feed: Feed<Row>): Feed<Row> {
  return { rows: sorted([...feed.held, ...feed.rows]).slice(0, ROWS_MAX), held: [] };
}

/** Changes one row where it stands, shown or held; the same feed when it has none of that id. */
export function patchRow<Row extends Keyed>(feed: Feed<Row>, id: number, patch: Partial<Row>): Feed<Row> {
  const change = (rows: readonly Row[]) =>
    rows.some((row) => row.id === id) ? rows.map((row) => (row.id === id ? { ...row, ...patch } : row)) : rows;
  const rows = change(feed.rows);
  const held = change(feed.held);
  return rows === feed.rows && held === feed.held ? feed : { rows, held };
}

/** Whether more than a few arrived within the last second; `times` are milliseconds, oldest first. */
export function isFast(times: readonly number[], now: number): boolean {
  return times.filter((time) => now - time < 1_000).length > CALM_PER_SECOND;
}

function unique<Row extends Keyed>(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

/** Ids are ordered by time. */
function sorted<Row extends Keyed>(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => b.id - a.id);
}
