// The cache in memory: what it keeps and for how long, what puts it out of date, and how many loads a rush costs.
import { describe, expect, setSystemTime, test } from 'bun:test';
import type { Loaded } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { Scoreboard } from '../../src/store/scoreboard.ts';
import { openSharedMemory } from '../../src/store/shared_memory.ts';
import { makeCache, TAGS } from '../support/cached.ts';
import { until } from '../support/wait.ts';

describe('an answer', () => {
  test('is loaded once, and then comes from memory as the same bytes with the same tag', async () => {
    const { cache, read, source } = makeCache();
    const first = await read();
    const second = await read();
    expect([first.source, second.source]).toEqual(['miss', 'l1']);
    expect(second.cached).toBe(first.cached);
    expect(cache.peek('1|/a', TAGS)).toBe(first.cached);
    expect(source.loads).toBe(1);
  });

  test('has a tag that only its bytes decide', async () => {
    const { read, source, cache } = makeCache();
    source.next = async () => ({ text: '{"same":true}' });
    const first = await read();
    cache.invalidate('1:webhooks');
    expect((await read()).etag).toBe(first.etag);
    source.next = async () => ({ text: '{"same":false}' });
    cache.invalidate('1:webhooks');
    expect((await read()).etag).not.toBe(first.etag);
  });

  test('is out of date when one of its tags changed, and only then', async () => {
    const { cache, epochs, read } = makeCache();
    await read();
    epochs.bump('2:webhooks');
    epochs.bump('1:alerts');
    expect((await read()).source).toBe('l1');
    epochs.bump('1:deliveries');
    expect(cache.peek('1|/a', TAGS)).toBeUndefined();
    expect((await read()).source).toBe('miss');
    epochs.bumpAll();
    expect((await read()).source).toBe('miss');
  });

  test('is loaded again when its time has passed, which is up to a tenth shorter or longer than asked', async () => {
    const { cache, read } = makeCache();
    const startedAt = performance.now();
    for (let i = 0; i < 100; i++) await read(`1|/${i}`, { ttlMs: 40 });
    const isThere = () => Array.from({ length: 100 }, (_, i) => i).filter((i) => cache.peek(`1|/${i}`, TAGS)).length;
    const left: number[] = [];
    await until(() => {
      left.push(isThere());
      return left.at(-1) === 0;
    });
    expect(performance.now() - startedAt).toBeGreaterThan(35);
    expect((await read('1|/1')).source).toBe('miss');
  });

  test('is kept no longer than CACHE_TTL_SECONDS whatever its rule says', async () => {
    const { read } = makeCache({ ttlMs: 1 });
    await read('1|/a', { ttlMs: 60_000 });
    await until(async () => (await read('1|/a', { ttlMs: 60_000 })).source === 'miss');
  });

  test('outlives a wall clock that is set back or forward', async () => {
    const { read } = makeCache();
    await read();
    for (const time of ['2001-01-01', '2100-01-01']) {
      setSystemTime(new Date(time));
      expect((await read()).source).toBe('l1');
    }
    setSystemTime();
  });
});

describe('loading', () => {
  test('is done once for all who ask at the same time', async () => {
    const { read, source } = makeCache();
    const answers = await Promise.all(Array.from({ length: 50 }, () => read()));
    expect(source.loads).toBe(1);
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"n":1}']));
  });

  test('is not joined by whoever asks after a change, and what it brings is not kept', async () => {
    const { cache, read, source } = makeCache();
    const slow = Promise.withResolvers<Loaded>();
    source.next = () => slow.promise;
    const before = read();
    await until(() => source.loads === 1);
    cache.invalidate('1:webhooks');
    source.next = undefined;
    expect((await read()).text).toBe('{"n":2}');
    slow.resolve({ text: '{"n":"old"}' });
    expect((await before).text).toBe('{"n":"old"}');
    expect(await read()).toMatchObject({ text: '{"n":2}', source: 'l1' });
  });

  test('that fails fails for all who wait, and is tried again by the next', async () => {
    const { read, source } = makeCache();
    source.next = () => Promise.reject(new Error('away'));
    const answers = await Promise.allSettled([read(), read(), read()]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(source.loads).toBe(1);
    source.next = undefined;
    expect((await read()).text).toBe('{"n":2}');
  });
});

describe('a stale answer', () => {
  const options = { ttlMs: 1, staleMs: 60_000 };

  test('is served at once while one reader fetches the next', async () => {
    const { cache, read, source } = makeCache();
    await read('1|/a', options);
    await until(() => cache.peek('1|/a', TAGS) === undefined);
    const slow = Promise.withResolvers<Loaded>();
    source.next = () => slow.promise;
    expect(await read('1|/a', options)).toMatchObject({ text: '{"n":1}', source: 'l1' });
    expect(await read('1|/a', options)).toMatchObject({ text: '{"n":1}', source: 'l1' });
    expect(source.loads).toBe(2);
    slow.resolve({ text: '{"n":2}' });
    await until(async () => (await read('1|/a', { ...options, ttlMs: 60_000 })).text === '{"n":2}');
  });

  test('is served although the next cannot be fetched', async () => {
    const { cache, read, source } = makeCache();
    await read('1|/a', options);
    await until(() => cache.peek('1|/a', TAGS) === undefined);
    source.next = () => Promise.reject(new Error('away'));
    expect((await read('1|/a', options)).text).toBe('{"n":1}');
  });

  test('is not served after a change', async () => {
    const { cache, read } = makeCache();
    await read('1|/a', options);
    cache.invalidate('1:webhooks');
    expect((await read('1|/a', options)).text).toBe('{"n":2}');
  });
});

describe('that something does not exist', () => {
  const missing = async () => ({ text: '{"error_code":"RESOURCE_NOT_FOUND"}', isMissing: true });

  test('is remembered for a moment, and forgotten when something changes', async () => {
    const { cache, read, source } = makeCache();
    source.next = missing;
    expect((await read()).cached.isMissing).toBe(true);
    expect((await read()).source).toBe('l1');
    expect(source.loads).toBe(1);
    cache.invalidate('1:webhooks');
    source.next = undefined;
    expect(await read()).toMatchObject({ text: '{"n":2}', source: 'miss' });
    expect(await read()).toMatchObject({ text: '{"n":2}', source: 'l1' });
    cache.invalidate('1:webhooks');
    source.next = missing;
    await read();
    expect(await read()).toMatchObject({ source: 'l1', cached: { isMissing: true } });
    await until(() => cache.peek('1|/a', TAGS) === undefined);
  });

  test('pushes out nothing that exists', async () => {
    const { cache, read, source } = makeCache({ itemsMax: 2 });
    await read('1|/a');
    source.next = missing;
    for (let i = 0; i < 3_000; i++) await read(`1|/nothing/${i}`);
    expect(cache.peek('1|/a', TAGS)).toBeDefined();
    expect(cache.stats()).toMatchObject({ entries: 1, evicted: 0 });
  });
});

describe('two processes that share memory', () => {
  test('each have what the other wrote out of date at once, and count together', async () => {
    const path = `${import.meta.dir}/../../.tocsin/test/shared_${process.pid}`;
    const open = (seat: number) => {
      const memory = openSharedMemory(path);
      return makeCache({ epochs: new Epochs(memory), scoreboard: new Scoreboard(memory, seat) });
    };
    const [one, two] = [open(0), open(7)];
    await one.read();
    await two.read();
    expect(two.cache.stats()).toMatchObject({ misses: 2, entries: 2, l1Hits: 0 });
    one.cache.invalidate('1:webhooks');
    expect((await two.read()).source).toBe('miss');
    expect((await two.read()).source).toBe('l1');
    expect(one.cache.stats()).toMatchObject({ misses: 3, l1Hits: 1 });
    expect(one.cache.stats()).toEqual(two.cache.stats());
    // Who takes a seat holds nothing yet; what was counted before stays counted.
    const heir = open(7);
    expect(heir.cache.stats()).toMatchObject({ misses: 3, entries: 1 });
  });

  test('lose no change, however many change at the same time', async () => {
    const path = `${import.meta.dir}/../../.tocsin/test/counted_${process.pid}`;
    const epochs = new Epochs(openSharedMemory(path));
    const before = epochs.sum(['1:webhooks']);
    const script = `
      const { Epochs } = await import('${import.meta.dir}/../../src/store/epochs.ts');
      const { openSharedMemory } = await import('${import.meta.dir}/../../src/store/shared_memory.ts');
      const epochs = new Epochs(openSharedMemory(${JSON.stringify(path)}));
      for (let i = 0; i < 100_000; i++) epochs.bump('1:webhooks');`;
    const children = [1, 2].map(() => Bun.spawn([process.execPath, '-e', script], { stdout: 'inherit' }));
    for (let i = 0; i < 100_000; i++) epochs.bump('1:webhooks');
    expect(await Promise.all(children.map(({ exited }) => exited))).toEqual([0, 0]);
    expect(epochs.sum(['1:webhooks']) - before).toBe(300_000);
  });
});
