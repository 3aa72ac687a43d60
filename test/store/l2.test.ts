// The cache with a real Redis as its second level: shared, flushed, killed, paused, slow, and never believed too long.
import { afterAll, afterEach, describe, expect, test, spyOn } from 'bun:test';
import { Cache } from '../../src/store/cache.ts';
import { Circuit } from '../../src/store/circuit.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { type L2, makeL2 } from '../../src/store/l2.ts';
import { openRedis, type RedisClient } from '../../src/store/redis.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { startSlowLine } from '../support/slow_line.ts';
import { until } from '../support/wait.ts';

const TAGS = ['1:webhooks', '0:health'];
const KEY = '1|/api/v1/webhooks';

/** Of the commands that were sent, those that read; invalidations are sent all the same, and waited for by nobody. */
const readsOf = (sent: { mock: { calls: [{ name: string }, ...unknown[]][] } }) =>
  sent.mock.calls.filter(([{ name }]) => name === 'mget').length;

describe.skipIf(!hasRedis)('with Redis', async () => {
  if (!hasRedis) return;
  const redis = await startRedis();
  /** Where slowness is not what is tested, a slow test machine must not matter. */
  const patient = () => new Circuit(10_000, 1);
  const connect = async (url = redis.url) => {
    const client = openRedis(url, () => undefined);
    afterAll(() => client.disconnect());
    await until(() => client.status === 'ready');
    return client;
  };
  const [a, b] = [await connect(), await connect()];
  afterEach(async () => {
    await until(() => [a, b].every((client) => client.status === 'ready'));
    await a.flushall();
  });

  /** A process; those with the same epochs share a machine. Its source answers what `database.value` says. */
  const database = { value: 'first', loads: 0, gate: undefined as Promise<void> | undefined };
  function makeNode(client: RedisClient, epochs = new Epochs(), makeIts = (l2: L2) => l2, circuit = patient()) {
    const l2 = makeIts(makeL2(client, epochs, circuit));
    const cache = new Cache({ epochs, itemsMax: 100, bytesMax: 1_000_000, ttlMs: 60_000, l2 });
    const load = async () => {
      database.loads++;
      const text = database.value;
      await database.gate;
      return { text };
    };
    const read = async (options = {}) => {
      const { cached, source } = await cache.read(KEY, TAGS, load, options);
      return [Buffer.from(cached.bytes).toString(), source];
    };
    return { cache, epochs, read, l2 };
  }
  /** What a process stored is in Redis. */
  const stored = () => until(async () => (await a.keys('tocsin:*:1|*')).length > 0);

  test('what one process loaded another reads from Redis, with the same tag and bytes', async () => {
    database.value = 'öäü{"a":1}\n\n';
    const [one, two] = [makeNode(a), makeNode(b)];
    expect(await one.read()).toEqual([database.value, 'miss']);
    await stored();
    expect(await two.read()).toEqual([database.value, 'l2']);
    expect(await two.read()).toEqual([database.value, 'l1']);
    expect(two.cache.peek(KEY, TAGS)?.etag).toBe(one.cache.peek(KEY, TAGS)?.etag as string);
    expect(two.cache.stats()).toMatchObject({ l1Hits: 2, l2Hits: 1, misses: 0 });
  });

  test('a change on one machine makes what Redis has worthless on another', async () => {
    database.value = 'old';
    const [one, two] = [makeNode(a), makeNode(b)];
    await one.read();
    await stored();
    database.value = 'new';
    one.cache.invalidate('1:webhooks');
    await until(async () => (await a.ping()) === 'PONG');
    expect(await two.read()).toEqual(['new', 'miss']);
  });

  test('a slow loader cannot bring the old value back', async () => {
    database.value = 'old';
    const [one, two] = [makeNode(a), makeNode(b)];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const before = database.loads;
    database.gate = gate;
    const slow = one.read();
    await until(() => database.loads > before);
    database.value = 'new';
    two.cache.invalidate('1:webhooks');
    await b.ping();
    open();
    database.gate = undefined;
    expect(await slow).toEqual(['old', 'miss']);
    await stored();
    expect(await makeNode(b).read()).toEqual(['new', 'miss']);
  });

  test('flushed in mid-load it costs misses only, and never counts up to an old version', async () => {
    database.value = 'old';
    const one = makeNode(a);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const before = database.loads;
    database.gate = gate;
    const slow = one.read();
    await until(() => database.loads > before);
    await a.flushall();
    database.value = 'new';
    makeNode(b).cache.invalidate('1:webhooks');
    await b.ping();
    open();
    database.gate = undefined;
    expect(await slow).toEqual(['old', 'miss']);
    await stored();
    const two = makeNode(b);
    expect(await two.read()).toEqual(['new', 'miss']);
  });

  test('an invalidation that Redis never got is made up for on this machine, in every process of it', async () => {
    database.value = 'old';
    const epochs = new Epochs();
    await makeNode(a, epochs).read();
    await stored();
    database.value = 'new';
    // Redis is away from one process only.
    makeNode(a, epochs, (l2) => ({ ...l2, invalidate: () => undefined })).cache.invalidate('1:webhooks');
    expect(await makeNode(b, epochs).read()).toEqual(['new', 'miss']);
  });

  test('a change of health makes what Redis has worthless, although Redis keeps no version of it', async () => {
    database.value = 'old';
    const epochs = new Epochs();
    await makeNode(a, epochs).read();
    await stored();
    database.value = 'new';
    epochs.bump('0:health');
    expect(await makeNode(b, epochs).read()).toEqual(['new', 'miss']);
  });

  test('what came from Redis is kept no longer than whoever loaded it would have', async () => {
    database.value = 'old';
    await makeNode(a).read();
    await stored();
    const two = makeNode(b);
    const { now } = Date;
    // As if 58 of its 60 seconds had passed: these are not given again.
    Date.now = () => now() + 58_000;
    try {
      expect((await two.read())[1]).toBe('l2');
      await until(() => two.cache.peek(KEY, TAGS) === undefined);
    } finally {
      Date.now = now;
    }
  });

  test('that something is missing is not stored there', async () => {
    const { cache } = makeNode(a);
    await cache.read(KEY, TAGS, async () => ({ text: '{}', isMissing: true }));
    await a.ping();
    expect(await a.keys('tocsin:*:1|*')).toEqual([]);
  });

  test('everything in it ends by itself', async () => {
    await makeNode(a).read();
    await stored();
    for (const key of await a.keys('*')) expect([key, (await a.pttl(key)) > 0]).toEqual([key, true]);
  });

  test('killed, it fails and delays nobody; it is used again when it is back', async () => {
    const one = makeNode(a);
    await one.read();
    await redis.kill();
    const { cache } = one;
    const startedAt = performance.now();
    for (let i = 0; i < 100; i++) {
      database.value = `v${i}`;
      cache.invalidate('1:webhooks');
      expect(await one.read()).toEqual([`v${i}`, 'miss']);
    }
    // Each would wait for a second if it asked.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await until(() => cache.l2Status === 'away');
    await redis.restart();
    await until(() => cache.l2Status === 'ready');
    cache.invalidate('1:webhooks');
    await one.read();
    await stored();
    expect((await makeNode(a).read())[1]).toBe('l2');
  });

  test('hanging, it delays a few, by a few milliseconds, and is then left alone', async () => {
    const one = makeNode(a, new Epochs(), (l2) => l2, new Circuit());
    await one.read();
    redis.pause();
    // A command that gets no answer is given up after a second; however busy the machine is, what ends earlier ends before it.
    const givenUp = a.ping().catch(() => 'given up');
    const sent = spyOn(a, 'sendCommand');
    for (let i = 0; i < 200; i++) {
      one.cache.invalidate('1:webhooks');
      const read = one.read();
      if (i === 0) expect(await Promise.race([givenUp, read])).not.toBe('given up');
      expect((await read)[1]).toBe('miss');
    }
    redis.resume();
    // Most do not even ask.
    expect(readsOf(sent)).toBeWithin(1, 100);
    sent.mockRestore();
    await until(() => one.cache.l2Status === 'ready');
  });

  test('is not blamed for the slowness of our own process', async () => {
    await makeNode(a).read();
    await stored();
    const sources: unknown[] = [];
    for (let i = 0; i < 10; i++) {
      const asked = makeNode(b, new Epochs(), (l2) => l2, new Circuit(5, 60_000)).read();
      await new Promise(setImmediate);
      const busyUntil = performance.now() + 40;
      while (performance.now() < busyUntil);
      sources.push((await asked)[1]);
    }
    // If it were, it would be each time. On a busy machine Redis is slow itself now and then.
    expect(sources).toContain('l2');
  });

  test('slow, it is asked about once a second; fast again, it is used again', async () => {
    const line = await startSlowLine(redis.port);
    const client = openRedis(`redis://127.0.0.1:${line.port}`, () => undefined);
    afterAll(() => client.disconnect());
    await until(() => client.status === 'ready');
    const one = makeNode(client, new Epochs(), (l2) => l2, new Circuit());
    await until(async () => {
      one.cache.invalidate('1:webhooks');
      await one.read();
      return one.cache.l2Status === 'ready';
    });
    line.delayMs = 60;
    const sent = spyOn(client, 'sendCommand');
    for (let i = 0; i < 200; i++) {
      one.cache.invalidate('1:webhooks');
      await one.read();
    }
    // Redis would take 60 ms each time: of hundreds only a few ask at all.
    expect(readsOf(sent)).toBeWithin(1, 100);
    line.delayMs = 0;
    await until(async () => {
      one.cache.invalidate('1:webhooks');
      await one.read();
      await Bun.sleep(5);
      return (await makeNode(client, one.epochs).read())[1] === 'l2';
    });
  });
});
