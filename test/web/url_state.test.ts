// Tests what the address says about the page.
import { describe, expect, test } from 'bun:test';
import {
  boundsOf,
  carriedQuery,
  listBounds,
  matchPath,
  rangeQuery,
  rangeUse,
  readRange,
  stepFor,
  withQuery,
} from '../../src/web/url_state.ts';

const now = Date.parse('2026-11-22T14:00:00Z');
const query = (text: string) => new URLSearchParams(text);

describe('the time range', () => {
  test('is the last 15 minutes when the address says nothing, or nonsense', () => {
    const usual = { kind: 'last', name: '15m' } as const;
    for (const text of ['', 'range=9y', 'range=toString', 'since=yesterday', 'since=2026-11-22&until=2026-11-21']) {
      expect(readRange(query(text))).toEqual(usual);
    }
  });

  test('comes back from the address as it was put there', () => {
    const chosen = { kind: 'last', name: '7d' } as const;
    const zoomed = { kind: 'between', sinceMs: now - 60_000, untilMs: now } as const;
    for (const range of [chosen, zoomed]) {
      expect(readRange(withQuery(query('q=a'), rangeQuery(range)))).toEqual(range);
    }
  });

  test('that was dragged takes the place of a named one, and the other way round', () => {
    const zoomed = withQuery(
      query('range=1h&q=a'),
      rangeQuery({ kind: 'between', sinceMs: now - 60_000, untilMs: now }),
    );
    expect(zoomed.toString()).toBe('q=a&since=2026-11-22T13%3A59%3A00Z&until=2026-11-22T14%3A00%3A00Z');
    expect(withQuery(zoomed, rangeQuery({ kind: 'last', name: '1h' })).toString()).toBe('q=a&range=1h');
    expect(withQuery(zoomed, rangeQuery(null)).toString()).toBe('q=a');
  });

  test('goes along from page to page, and filters do not', () => {
    expect(carriedQuery(query('q=a&range=1h&status=failed'))).toBe('?range=1h');
    expect(carriedQuery(query('q=a'))).toBe('');
  });

  test('bounds a list only when it was chosen, and then lets new rows in unless it ends in the past', () => {
    expect(listBounds(query('q=a'), now)).toEqual({ since: null, until: null });
    expect(listBounds(query('range=1h'), now)).toEqual({ since: '2026-11-22T13:00:00.000Z', until: null });
    expect(listBounds(query('since=2026-11-22T12:00:00Z&until=2026-11-22T13:00:00Z'), now)).toEqual({
      since: '2026-11-22T12:00:00.000Z',
      until: '2026-11-22T13:00:00.000Z',
    });
  });

  test('is offered where it means something', () => {
    expect(['', '/webhooks/7', '/alerts', '/deliveries'].map(rangeUse)).toEqual(['charts', 'charts', 'lists', 'lists']);
    expect(['/webhooks', '/webhooks/7/edit', '/alerts/7', '/system'].map(rangeUse)).toEqual(Array(4).fill('none'));
  });

  test('is cut into at most 360 steps that the rollups know', () => {
    const stepOf = (range: '15m' | '1h' | '6h' | '24h' | '7d' | '30d') => {
      const { sinceMs, untilMs } = boundsOf({ kind: 'last', name: range }, now);
      return stepFor(sinceMs, untilMs);
    };
    expect((['15m', '1h', '6h', '24h', '7d', '30d'] as const).map(stepOf)).toEqual([60, 60, 60, 300, 3_600, 21_600]);
    expect(stepFor(now, now)).toBe(60);
    expect(stepFor(0, now)).toBe(86_400);
  });
});

describe('a query', () => {
  test('loses the keys that become empty and keeps the others', () => {
    const next = withQuery(query('q=a&status=failed'), { status: '', severity: 'INFO', q: undefined });
    expect(next.toString()).toBe('severity=INFO');
  });
});

describe('a path', () => {
  test('matches its pattern whole, with or without a slash at the end', () => {
    expect(matchPath('/webhooks/:id', '/webhooks/12')).toEqual({ id: '12' });
    expect(matchPath('/webhooks/:id', '/webhooks/12/')).toEqual({ id: '12' });
    expect(matchPath('/webhooks/:id', '/webhooks')).toBeNull();
    expect(matchPath('/webhooks/:id', '/webhooks/12/edit')).toBeNull();
    expect(matchPath('', '')).toEqual({});
  });
});
