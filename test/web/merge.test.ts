// Tests that live rows never move what someone points at, and that none is lost or shown twice.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { addRows, type Feed, isFast, patchRow, release } from '../../src/web/live/merge.ts';

interface Row {
  id: number;
  word: string;
}

const row = (id: number, word = 'new'): Row => ({ id, word });
const ids = (feed: Feed<Row>) => ({ rows: feed.rows.map(({ id }) => id), held: feed.held.map(({ id }) => id) });
const away = { isOnList: false, isFast: false };

describe('new rows', () => {
  test('go to the top, newest first, while nobody is on the list', () => {
    const feed = addRows({ rows: [row(2), row(1)], held: [] }, [row(3), row(4)], away);
    expect(ids(feed)).toEqual({ rows: [4, 3, 2, 1], held: [] });
  });

  test('are held while the pointer is on the list', () => {
    const before = { rows: [row(2), row(1)], held: [] };
    const feed = addRows(before, [row(3)], { ...away, isOnList: true });
    expect(feed.rows).toBe(before.rows);
    expect(ids(feed).held).toEqual([3]);
  });

  test('are held when more than a few come in a second', () => {
    expect(ids(addRows({ rows: [row(1)], held: [] }, [row(2)], { ...away, isFast: true }))).toEqual({
      rows: [1],
      held: [2],
    });
    expect(isFast([0, 100, 200, 300], 400)).toBe(true);
    expect(isFast([0, 100, 200, 300], 1_050)).toBe(false);
  });

  test('do not overtake those that are held already', () => {
    expect(ids(addRows({ rows: [row(1)], held: [row(2)] }, [row(3)], away))).toEqual({ rows: [1], held: [3, 2] });
  });

  test('are let in together', () => {
    expect(ids(release({ rows: [row(2), row(1)], held: [row(4), row(3)] }))).toEqual({ rows: [4, 3, 2, 1], held: [] });
  });

  test('that are there already change nothing', () => {
    const feed = { rows: [row(2), row(1)], held: [row(3)] };
    expect(addRows(feed, [row(1), row(3)], away)).toBe(feed);
  });
});

describe('a changed row', () => {
  test('changes where it stands, shown or held', () => {
    const feed = patchRow({ rows: [row(2), row(1)], held: [row(3)] }, 3, { word: 'changed' });
    expect(feed.held).toEqual([row(3, 'changed')]);
    expect(patchRow(feed, 1, { word: 'changed' }).rows.map(({ word }) => word)).toEqual(['new', 'changed']);
  });

  test('that is not there leaves the feed as it is', () => {
    const feed = { rows: [row(1)], held: [] };
    expect(patchRow(feed, 9, { word: 'changed' })).toBe(feed);
  });
});

test('whatever comes in whatever order: nothing twice, nothing lost, newest first, nothing moved under a pointer', () => {
  const step = fc.record({
    ids: fc.array(fc.integer({ min: 1, max: 60 })),
    isOnList: fc.boolean(),
    isFast: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let feed: Feed<Row> = { rows: [], held: [] };
      const seen = new Set<number>();
      for (const { ids: incoming, ...reader } of steps) {
        const before = feed.rows;
        feed = addRows(
          feed,
          incoming.map((id) => row(id)),
          reader,
        );
        for (const id of incoming) seen.add(id);
        if (reader.isOnList) expect(feed.rows).toBe(before);
        const all = [...feed.rows, ...feed.held].map(({ id }) => id);
        expect(all.toSorted((a, b) => a - b)).toEqual([...seen].sort((a, b) => a - b));
        expect(feed.rows.every((one, index) => index === 0 || one.id < (feed.rows[index - 1]?.id ?? 0))).toBe(true);
      }
    }),
  );
});
