// Rate limits that several processes share through Redis, and what becomes of them while Redis is away.
import { afterAll, describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { openRedis } from '../../src/store/redis.ts';
import { SharedRateCounter } from '../../src/store/shared_rate_counter.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';

describe.skipIf(!hasRedis)('a shared rate limit', async () => {
  if (!hasRedis) return;
  const redis = await startRedis();
  /** Where exact numbers count, slowness of the machine must not: these wait for Redis as long as it takes. */
  const makeCounter = async () => {
    const client = new Redis(redis.url, { enableOfflineQueue: false, retryStrategy: () => 20 });
    client.on('error', () => undefined);
    afterAll(() => client.disconnect());
    await until(() => client.status === 'ready');
    return { client, counter: new SharedRateCounter(client, 10_000) };
  };
  const one = await makeCounter();
  const two = await makeCounter();
  const passedOf = async (counters: SharedRateCounter[], subject: string, limit: number, requests: number) => {
    let passed = 0;
    for (let i = 0; i < requests; i++) {
      const counter = counters[i % counters.length] as SharedRateCounter;
      if ((await counter.checkRateLimit(subject, limit, 3_600)).isAllowed) passed++;
    }
    return passed;
  };

  test('lets through exactly the limit, however the requests are spread', async () => {
    expect(await passedOf([one.counter, two.counter], 'spread', 50, 200)).toBe(50);
  });

  test('is known to a process that has not seen the subject', async () => {
    expect(await passedOf([one.counter], 'known', 20, 20)).toBe(20);
    // The first tenth of a limit passes unasked; what Redis then answers is known here too.
    await passedOf([two.counter], 'known', 20, 1);
    await until(async () => !(await two.counter.checkRateLimit('known', 20, 3_600)).isAllowed);
    const verdict = await two.counter.checkRateLimit('known', 20, 3_600);
    expect(verdict).toMatchObject({ isAllowed: false, remaining: 0, limit: 20 });
    expect(verdict.retryAfterSeconds).toBeWithin(1, 181);
  });

  test('lets no more than a tenth of it per further process slip through when all ask at once', async () => {
    const verdicts = await Promise.all(
      Array.from({ length: 400 }, (_, i) => (i % 2 ? one : two).counter.checkRateLimit('rush', 100, 3_600)),
    );
    const passed = verdicts.filter(({ isAllowed }) => isAllowed).length;
    expect(passed).toBeWithin(100, 111);
  });

  test('answers at once, without a promise, while the limit is far', () => {
    expect(one.counter.checkRateLimit('far', 1_000, 60)).toMatchObject({ isAllowed: true, remaining: 999 });
  });

  test('takes one command for all that passed while the one before was under way', async () => {
    const scriptRuns = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec((await one.client.info('commandstats')) as string)?.[1] ?? 0);
    const before = await scriptRuns();
    for (let i = 0; i < 1_000; i++) one.counter.checkRateLimit('busy', 1_000_000, 60);
    const told = async () => Number(await one.client.exists('tocsin-rate:busy'));
    await until(told);
    await until(async () => (await scriptRuns()) - before >= 2);
    expect((await scriptRuns()) - before).toBeLessThan(10);
  });

  test('leaves nothing in Redis for longer than it counts', async () => {
    await passedOf([one.counter], 'brief', 10, 1);
    await until(async () => (await one.client.exists('tocsin-rate:brief')) === 1);
    expect(await one.client.pttl('tocsin-rate:brief')).toBeWithin(1, 3_600_000 / 10 + 1_001);
  });

  test('goes on in each process alone while Redis is away, without waiting, and together when it is back', async () => {
    await redis.kill();
    await until(() => one.client.status !== 'ready' && two.client.status !== 'ready');
    const startedAt = performance.now();
    expect(await passedOf([one.counter], 'alone', 50, 200)).toBe(50);
    // Of two hundred none waits for a Redis command, which is given up after a second.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await passedOf([two.counter], 'alone', 50, 200)).toBe(50);
    await redis.restart();
    await until(() => one.client.status === 'ready' && two.client.status === 'ready');
    expect(await passedOf([one.counter, two.counter], 'again', 50, 200)).toBe(50);
  });

  test('waits only a few milliseconds for a Redis that hangs', async () => {
    const client = openRedis(redis.url, () => undefined);
    afterAll(() => client.disconnect());
    await until(() => client.status === 'ready');
    const counter = new SharedRateCounter(client);
    await passedOf([counter], 'hung', 10, 5);
    redis.pause();
    // A command that gets no answer is given up after a second; however busy the machine is, what ends earlier ends before it.
    const givenUp = client.ping().catch(() => 'given up');
    const verdict = await Promise.race([givenUp, counter.checkRateLimit('hung', 10, 3_600)]);
    expect(verdict).toMatchObject({ isAllowed: true });
    redis.resume();
  });
});
