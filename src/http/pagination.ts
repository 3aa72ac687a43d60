// Pages through lists: by page number, by offset, or by cursor, which stays fast at any depth.
import { type Static, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import { strict } from './operation.ts';
import { invalid } from './problem.ts';

const PAGE_SIZE = 20;
const PAGE_SIZE_MAX = 100;
/** Totals are exact up to here, and offsets go no further: beyond it only a cursor is fast. */
const TOTAL_MAX = 10_000;
/** A filter that fits little of very much can take long to count: then the page comes without waiting for it. */
const COUNT_MS_MAX = 1_000;

const pageParameters = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: TOTAL_MAX, description: 'The page, from 1.' })),
  page_size: Type.Optional(
    Type.Integer({ minimum: 1, maximum: PAGE_SIZE_MAX, description: `Items of a page; ${PAGE_SIZE} if not given.` }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_SIZE_MAX, description: 'The same as page_size.' })),
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: TOTAL_MAX, description: 'Items to pass over, in place of page.' }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 200, description: 'next_cursor of the page before; fast at any depth.' }),
  ),
};
const pageSchema = strict(pageParameters);
type PageQuery = Static<typeof pageSchema>;

/** The query of a list: its filters and the parameters of paging. */
export const listQuery = <P extends TProperties>(filters: P) => strict({ ...filters, ...pageParameters });

/** The schema of a page of these items. */
export const pageOf = (item: TSchema) =>
  Type.Object({
    items: Type.Array(item),
    total: Type.Integer({ description: `Exact up to ${TOTAL_MAX}, unless total_relation is there.` }),
    total_relation: Type.Optional(
      Type.Literal('gte', {
        description: `Only there when there are at least so many: more than ${TOTAL_MAX}, or more than can be counted in a second.`,
      }),
    ),
    page: Type.Integer(),
    page_size: Type.Integer(),
    pages: Type.Integer(),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page.' }),
  });

/** One page as it is answered. */
export interface Page<T> {
  items: T[];
  total: number;
  total_relation?: 'gte';
  page: number;
  page_size: number;
  pages: number;
  next_cursor: string | null;
}

/** The part of a list that is asked for; `edgeId` is the last id of the page before. */
export interface Span {
  edgeId: number | undefined;
  limit: number;
  offset: number;
}

/**
 * Answers one page. Counts only when the rows do not tell the total themselves, for a second at most, and not again for the
 * pages after a cursor.
 * @param list gives up to `limit` rows; it is asked for one more than the page has, to know whether more follow
 * @param count counts no further than one more than the largest total
 * @throws Problem 422 for a cursor that is none of ours, and beyond the largest offset
 */
export async function pageThrough<T extends { id: number }>(
  query: PageQuery,
  list: (span: Span) => Promise<T[]>,
  count: () => Promise<number>,
): Promise<Page<T>> {
  const size = query.limit ?? query.page_size ?? PAGE_SIZE;
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const offset = cursor ? 0 : (query.offset ?? ((query.page ?? 1) - 1) * size);
  if (offset + size > TOTAL_MAX && offset > 0) {
    const pointer = query.offset === undefined ? '/page' : '/offset';
    throw invalid([{ pointer, detail: `Offsets end at ${TOTAL_MAX}; beyond that follow next_cursor.` }]);
  }
  const rows = await list({ edgeId: cursor?.edgeId, limit: size + 1, offset });
  const items = rows.slice(0, size);
  const isLast = rows.length <= size;
  const isTold = isLast && cursor === undefined && (items.length > 0 || offset === 0);
  const counted = cursor ? cursor.total : isTold ? offset + items.length : await inTime(count(), COUNT_MS_MAX);
  const page = cursor?.page ?? Math.floor(offset / size) + 1;
  // What was seen so far and, where more follows, one more.
  const atLeast = (cursor ? (page - 1) * size : offset) + items.length + (isLast ? 0 : 1);
  const total = Math.min(counted ?? atLeast, TOTAL_MAX);
  return {
    items,
    total,
    ...((counted === undefined || counted > TOTAL_MAX) && { total_relation: 'gte' as const }),
    page,
    page_size: size,
    pages: Math.ceil(total / size),
    next_cursor: isLast ? null : writeCursor({ edgeId: items.at(-1)?.id ?? 0, page: page + 1, total: counted }),
  };
}

/** A list that is never longer than one page. */
export function onlyPage<T>(items: T[]): Page<T> {
  const { length } = items;
  return { items, total: length, page: 1, page_size: length, pages: length === 0 ? 0 : 1, next_cursor: null };
}

/** Undefined when it takes longer; it then goes on for nothing. */
async function inTime<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  promise.catch(() => undefined);
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}

interface Cursor {
  edgeId: number;
  page: number;
  /** Undefined when counting took too long. */
  total: number | undefined;
}

function writeCursor({ edgeId, page, total }: Cursor): string {
  return Buffer.from(`${edgeId}.${page}.${total ?? '-'}`).toString('base64url');
}

function readCursor(text: string): Cursor {
  const parts = /^(\d{1,16})\.(\d{1,9})\.(\d{1,5}|-)$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  if (!parts) throw invalid([{ pointer: '/cursor', detail: 'cursor must be the next_cursor of a page before.' }]);
  const [edgeId = 0, page = 1] = parts.slice(1).map(Number);
  return { edgeId, page, total: parts[3] === '-' ? undefined : Number(parts[3]) };
}
