// How much the cache in memory holds, and what is dropped from it by name.
import { describe, expect, test } from 'bun:test';
import { makeCache, TAGS } from '../support/cached.ts';

describe('room', () => {
  test('is limited in items: what was not read longest goes first', async () => {
    const { cache, read } = makeCache({ itemsMax: 3 });
    for (const key of ['1|/a', '1|/b', '1|/c', '1|/a', '1|/d']) await read(key);
    expect(cache.keys()).toEqual(['1|/d', '1|/a', '1|/c']);
    expect(cache.stats()).toMatchObject({ entries: 3, evicted: 1 });
  });

  test('is limited in bytes, and what is larger than all of it is answered but not kept', async () => {
    const { cache, read, source } = makeCache({ bytesMax: 10_000 });
    source.next = async () => ({ text: 'x'.repeat(3_000) });
    for (let i = 0; i < 20; i++) await read(`1|/${i}`);
    expect(cache.stats().bytes).toBeLessThanOrEqual(10_000);
    expect(cache.stats().entries).toBe(3);
    source.next = async () => ({ text: 'x'.repeat(20_000) });
    expect((await read('1|/large')).text).toHaveLength(20_000);
    expect(cache.peek('1|/large', TAGS)).toBeUndefined();
  });
});

describe('dropping', () => {
  test('takes the keys that a pattern matches and no others', async () => {
    const keys = ['1|/api/v1/webhooks', '1|/api/v1/webhooks/4', '1|/api/v1/webhooks/42', '2|/api/v1/webhooks/4'];
    const cases: [pattern: string, dropped: number][] = [
      ['1|/api/v1/webhooks*', 3],
      ['1|/api/v1/webhooks/4', 1],
      ['1|/api/v1/webhooks/4*', 2],
      ['1|*/4*2', 1],
      ['*', 4],
      ['1|*webhooks', 1],
      ['1|/api/v1/webhooks/4*42', 0],
      ['nothing', 0],
    ];
    for (const [pattern, dropped] of cases) {
      const { cache, read } = makeCache();
      for (const key of keys) await read(key);
      expect([pattern, cache.drop(pattern)]).toEqual([pattern, dropped]);
      expect(cache.stats().entries).toBe(keys.length - dropped);
    }
  });

  test('by a pattern that was made to be slow is not', async () => {
    const { cache, read } = makeCache();
    await read(`1|${'a'.repeat(2_000)}`);
    const startedAt = performance.now();
    expect(cache.drop(`1|${'*a'.repeat(90)}*b`)).toBe(0);
    // A regular expression would try for years.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
