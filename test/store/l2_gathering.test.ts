// Reads of the second level that come at the same moment: one command for all, and each gets what it asked for.
import { afterAll, describe, expect, test } from 'bun:test';
import { Circuit } from '../../src/store/circuit.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { type L2, makeL2 } from '../../src/store/l2.ts';
import { openRedis } from '../../src/store/redis.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';

describe.skipIf(!hasRedis)('many reads at once', async () => {
  if (!hasRedis) return;
  const redis = await startRedis();
  const client = openRedis(redis.url, () => undefined);
  afterAll(() => client.disconnect());
  await until(() => client.status === 'ready');
  // Patient: what is looked at here is not how fast it is.
  const l2 = makeL2(client, new Epochs(), new Circuit(5_000, 10));
  const webhooks = ['1:webhooks', '0:health'];
  const alerts = ['1:alerts', '1:webhooks'];
  const keyOf = (n: number, tenant = 1) => `${tenant}|/api/v1/webhooks/${n}`;
  const textOf = (answer: Awaited<ReturnType<L2['get']>>) =>
    answer?.stored && Buffer.from(answer.stored.bytes).toString();
  const store = async (key: string, tags: string[], text: string) => {
    const versions = (await l2.get(key, tags))?.versions ?? '';
    l2.set(key, { bytes: Buffer.from(text), etag: `"${text}"`, loadedAt: Date.now() }, versions, 60_000);
  };
  const commands = async () => Number(/cmdstat_mget:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);

  test('are one command, of a hundred keys at most, and each gets its own', async () => {
    for (let n = 0; n < 250; n++) await store(keyOf(n), n % 2 === 0 ? webhooks : alerts, `answer ${n}`);
    await until(async () => (await client.exists(`tocsin:{1}:${keyOf(249)}`)) === 1);
    const before = await commands();
    const answers = await Promise.all(
      Array.from({ length: 250 }, (_, n) => l2.get(keyOf(n), n % 2 === 0 ? webhooks : alerts)),
    );
    expect((await commands()) - before).toBe(3);
    expect(answers.map(textOf)).toEqual(answers.map((_, n) => `answer ${n}`));
  });

  test('of several tenants are a command for each, as their keys may lie on different servers', async () => {
    const before = await commands();
    const answers = await Promise.all([1, 2, 3].map((tenant) => l2.get(keyOf(0, tenant), [`${tenant}:webhooks`])));
    expect((await commands()) - before).toBe(3);
    expect(answers.every((answer) => answer !== undefined)).toBe(true);
  });

  test('believe only what has the versions of its own tags', async () => {
    await store(keyOf(1), alerts, 'of alerts');
    await store(keyOf(2), webhooks, 'of webhooks');
    l2.invalidate('1:alerts');
    const answers = await Promise.all([l2.get(keyOf(1), alerts), l2.get(keyOf(2), webhooks)]);
    expect(answers.map(textOf)).toEqual([undefined, 'of webhooks']);
  });

  test('all go without when Redis is gone', async () => {
    const asked = Array.from({ length: 20 }, (_, n) => l2.get(keyOf(n), webhooks));
    await redis.kill();
    // Each is told, one way or the other.
    expect(await Promise.all(asked)).toHaveLength(20);
    await until(() => !l2.isReady());
    expect(await l2.get(keyOf(0), webhooks)).toBeUndefined();
  });
});
