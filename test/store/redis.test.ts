// The forms of REDIS_URL, each before real servers: one with a password, a cluster of three, and leaders that Sentinel names.
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ConfigError, readConfig } from '../../src/config.ts';
import { Cache } from '../../src/store/cache.ts';
import { Circuit } from '../../src/store/circuit.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { makeL2 } from '../../src/store/l2.ts';
import { openRedis } from '../../src/store/redis.ts';
import { SharedRateCounter } from '../../src/store/shared_rate_counter.ts';
import { freePort, hasRedis, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';

/** Opens what REDIS_URL would name, with its check, and waits until it can be used. */
async function open(url: string) {
  const { redisUrl } = readConfig({ REDIS_URL: url });
  const client = openRedis(redisUrl as string, () => undefined);
  afterAll(() => client.disconnect());
  await until(() => client.status === 'ready', { what: `${url} ready` });
  return client;
}

/** Two processes of different machines: what one stores the other reads, until it changes. */
async function expectShared(url: string, tenants = [1]) {
  const [a, b] = [await open(url), await open(url)];
  for (const tenant of tenants) {
    const tags = [`${tenant}:webhooks`, `${tenant}:deliveries`, '0:health'];
    const nodes = [a, b].map((client) => {
      const epochs = new Epochs();
      const l2 = makeL2(client, epochs, new Circuit(5_000, 1));
      const cache = new Cache({ epochs, itemsMax: 10, bytesMax: 1e6, ttlMs: 60_000, l2 });
      const read = async () => (await cache.read(`${tenant}|/a`, tags, async () => ({ text: '{}' }))).source;
      return { cache, l2, read };
    });
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    expect(await one.read()).toBe('miss');
    await until(async () => (await two.l2.get(`${tenant}|/a`, tags))?.stored);
    expect(await two.read()).toBe('l2');
    one.cache.invalidate(`${tenant}:deliveries`);
    await until(async () => (await two.l2.get(`${tenant}|/a`, tags))?.stored === undefined);
  }
  return a;
}

test('REDIS_URL takes the addresses of several servers, and nothing that is no address', () => {
  for (const url of [
    'redis://localhost',
    'rediss://user:pass@redis.example:6380/2',
    'redis+cluster://10.0.0.1:7000,10.0.0.2:7000',
    'redis+cluster://user:pa%40ss@[::1]:7000,b',
    'redis+sentinel://:secret@a:26379,b:26379,c:26379/leader',
  ])
    expect(readConfig({ REDIS_URL: url }).redisUrl).toBe(url);
  for (const url of ['redis+cluster://', 'redis+cluster://a:1,,b:2', 'redis+cluster://a:x', 'redis+x://a', 'a:6379'])
    expect(() => readConfig({ REDIS_URL: url })).toThrow(ConfigError);
});

describe.skipIf(!hasRedis)('REDIS_URL of', async () => {
  if (!hasRedis) return;

  test('one server with a password and a database', async () => {
    const { port } = await startRedis({ requirepass: 'p@ss' });
    const client = (await expectShared(`redis://:p%40ss@127.0.0.1:${port}/3`)) as Redis;
    expect(client.options.db).toBe(3);
    expect(await client.dbsize()).toBeGreaterThan(0);
  });

  test('a cluster of three, also when one of them is away', async () => {
    const servers = await Promise.all(
      [1, 2, 3].map(() => startRedis({ 'cluster-enabled': 'yes', 'cluster-require-full-coverage': 'no' })),
    );
    const clients = servers.map(({ port }) => new Redis(port, { retryStrategy: () => 20 }));
    for (const client of clients) client.on('error', () => undefined);
    afterAll(() => {
      for (const client of clients) client.disconnect();
    });
    const edges = [0, 5461, 10923, 16384];
    for (const [i, client] of clients.entries()) {
      await client.call('cluster', 'set-config-epoch', i + 1);
      await client.call('cluster', 'addslotsrange', edges[i] as number, (edges[i + 1] as number) - 1);
    }
    // Everybody with everybody: they would tell one another, but take seconds for it.
    for (const client of clients)
      for (const { port } of servers) await client.call('cluster', 'meet', '127.0.0.1', port);
    const isWhole = async (client: Redis) => {
      const state = String(await client.cluster('INFO'));
      return state.includes('cluster_state:ok') && state.includes('cluster_slots_assigned:16384');
    };
    await until(async () => (await Promise.all(clients.map(isWhole))).every(Boolean), { timeoutMs: 20_000 });
    const url = `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
    const cluster = await expectShared(
      url,
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    const sizes = await Promise.all(clients.map((client) => client.dbsize()));
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    const counter = new SharedRateCounter(cluster, 5_000);
    for (let i = 0; i < 20; i++) await counter.checkRateLimit('cluster', 10, 3_600);
    expect(await counter.checkRateLimit('cluster', 10, 3_600)).toMatchObject({ isAllowed: false });

    // Tenants whose keys lie elsewhere go on; those of the lost server miss, and none fails.
    await servers[1]?.kill();
    const epochs = new Epochs();
    const cache = new Cache({
      epochs,
      itemsMax: 10,
      bytesMax: 1e6,
      ttlMs: 60_000,
      l2: makeL2(cluster, epochs, new Circuit(5, 1)),
    });
    const startedAt = performance.now();
    for (let tenant = 1; tenant <= 20; tenant++)
      await cache.read(`${tenant}|/a`, [`${tenant}:webhooks`], async () => ({ text: '{}' }));
    // Nobody waits for its commands, each of which is given up after a second.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  }, 25_000);

  test('Sentinel, which names another leader when the first one is lost', async () => {
    const leader = await startRedis();
    const follower = await startRedis({ replicaof: `127.0.0.1 ${leader.port}`, 'repl-diskless-sync-delay': '0' });
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), 'tocsin-sentinel-'));
    const file = join(directory, 'sentinel.conf');
    writeFileSync(
      file,
      `port ${port}\nbind 127.0.0.1\nsentinel monitor tocsin-leader 127.0.0.1 ${leader.port} 1
sentinel down-after-milliseconds tocsin-leader 300\nsentinel failover-timeout tocsin-leader 3000\n`,
    );
    const binary = Bun.which('redis-server') ?? 'redis-server';
    const sentinel = Bun.spawn([binary, file, '--sentinel'], { cwd: directory, stdout: 'ignore' });
    afterAll(() => {
      sentinel.kill('SIGKILL');
      rmSync(directory, { recursive: true });
    });
    const asked = new Redis(port, { retryStrategy: () => 20 });
    asked.on('error', () => undefined);
    afterAll(() => asked.disconnect());
    await until(async () =>
      String(await asked.call('sentinel', 'replicas', 'tocsin-leader')).includes(`${follower.port}`),
    );

    const url = `redis+sentinel://127.0.0.1:${port}/tocsin-leader`;
    const client = (await expectShared(url)) as Redis;
    expect(client.stream.remotePort).toBe(leader.port);
    await leader.kill();
    await until(() => client.status === 'ready' && client.stream.remotePort === follower.port, { timeoutMs: 15_000 });
    await expectShared(url, [2]);
  }, 25_000);
});
