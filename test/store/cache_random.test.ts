// Random reads, writes, flushes, kills, lost connections and restarts: nobody ever reads what they must know is out of date.
import { afterAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Cache } from '../../src/store/cache.ts';
import { Circuit } from '../../src/store/circuit.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { startInvalidation } from '../../src/store/invalidate.ts';
import { makeL2 } from '../../src/store/l2.ts';
import { openRedis, type RedisClient } from '../../src/store/redis.ts';
import { openSharedMemory } from '../../src/store/shared_memory.ts';
import { openSql } from '../../src/store/sql.ts';
import { makeWebhook } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';

const TAGS = ['1:webhooks', '1:deliveries', '0:health'];
/** CACHE_RUNS=500 looks longer. */
const RUNS = Number(process.env.CACHE_RUNS ?? 10);

/** The first machine has two processes, the others have one. */
const machineOf = [0, 0, 1, 2];

type Step =
  | { do: 'read'; node: number; isAwaited: boolean }
  /** Through a process, as a client of the API does. */
  | { do: 'write'; node: number; isAwaited: boolean }
  /** By hand, with psql. */
  | { do: 'type' }
  | { do: 'restart_node'; node: number }
  | { do: 'restart_machine'; machine: number }
  | { do: 'cut_listener'; machine: number }
  | { do: 'flush' | 'kill' | 'pause' | 'mend' };

const node = fc.nat({ max: machineOf.length - 1 });
const machine = fc.nat({ max: 2 });
const isAwaited = fc.boolean();
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ do: fc.constant('read'), node, isAwaited }) },
  { weight: 25, arbitrary: fc.record({ do: fc.constant('write'), node, isAwaited }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('type') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart_node'), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart_machine'), machine }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut_listener'), machine }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('flush', 'mend') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('kill', 'pause') }) },
) as fc.Arbitrary<Step>;

describe.skipIf(!hasRedis)('whatever happens', async () => {
  if (!hasRedis) return;
  const redis = await startRedis();
  const { sql, url } = await testDatabase();
  const webhookId = await makeWebhook(sql, { name: '0' });
  const key = `1|/api/v1/webhooks/${webhookId}`;

  /** Counts up, in the order of the commits. */
  const write = async (): Promise<number> => {
    const [row] = await sql<{ name: string }[]>`
      update tocsin_data.webhooks set name = (name::integer + 1)::text where webhook_id = ${webhookId} returning name`;
    return Number(row?.name);
  };
  const sources = { l1: 0, l2: 0, miss: 0 };
  let loads = 0;
  const load = async () => {
    const [row] = await sql<{ name: string }[]>`select name from tocsin_data.webhooks where webhook_id = ${webhookId}`;
    // Some loaders are slow: others write meanwhile.
    if (loads++ % 2 === 0) await Bun.sleep(loads % 30);
    return { text: row?.name ?? '' };
  };

  /** What all processes of one machine share, and the one that listens for them. */
  async function startMachine(number: number) {
    const memory = openSharedMemory();
    const epochs = new Epochs(memory);
    const name = `listener ${number} of ${process.pid}`;
    const listener = openSql(url, { applicationName: name });
    const client = openRedis(redis.url, () => undefined);
    const invalidation = await startInvalidation(listener, epochs, makeL2(client, epochs));
    return {
      epochs,
      /** Loses the connection, and resolves when it is back. */
      async cut() {
        const before = epochs.sum(['nobody:touches']);
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name}`;
        await until(() => epochs.sum(['nobody:touches']) > before);
      },
      async stop() {
        await invalidation.stop();
        client.disconnect();
        await listener.end({ timeout: 1 });
      },
    };
  }

  function startNode(epochs: Epochs) {
    const client: RedisClient = openRedis(redis.url, () => undefined);
    const l2 = makeL2(client, epochs, new Circuit(5, 10));
    // An hour: nothing heals by itself.
    const cache = new Cache({ epochs, itemsMax: 10, bytesMax: 1e6, ttlMs: 3_600_000, l2 });
    const read = async () => {
      const { cached, source } = await cache.read(key, TAGS, load);
      sources[source]++;
      return Number(Buffer.from(cached.bytes).toString());
    };
    return { client, cache, read };
  }

  const machines = await Promise.all([0, 1, 2].map(startMachine));
  type Machine = (typeof machines)[number];
  const nodes = machineOf.map((number) => startNode((machines[number] as Machine).epochs));
  type Node = (typeof nodes)[number];
  afterAll(async () => {
    redis.resume();
    for (const { client } of nodes) client.disconnect();
    for (const each of machines) await each.stop();
  });
  const mend = async () => {
    redis.resume();
    if (isKilled) await redis.restart();
    isKilled = false;
    await until(() => nodes.every(({ client }) => client.status === 'ready'));
  };
  let isKilled = false;

  /** What a reader on each machine must know of at least. */
  const floors = [0, 0, 0];
  const know = (number: number, value: number) => {
    floors[number] = Math.max(floors[number] as number, value);
  };
  /** All machines have heard of something. */
  const heard = async (work: () => Promise<number>) => {
    const before = machines.map(({ epochs }) => epochs.sum(['1:webhooks']));
    const value = await work();
    // Others may have bumped since: then that of this commit is only a little later.
    await until(() => machines.every(({ epochs }, i) => epochs.sum(['1:webhooks']) !== before[i]));
    return value;
  };

  const pending: Promise<void>[] = [];
  const wrong: string[] = [];

  const steps: { [K in Step['do']]: (step: Extract<Step, { do: K }>) => Promise<void> } = {
    async read({ node: number }) {
      const { read } = nodes[number] as Node;
      const floor = floors[machineOf[number] as number] as number;
      const value = await read();
      if (value < floor) wrong.push(`process ${number} read ${value}, but must know ${floor}`);
    },
    async write({ node: number }) {
      const { cache } = nodes[number] as Node;
      const value = await write();
      cache.invalidate('1:webhooks');
      know(machineOf[number] as number, value);
    },
    async type() {
      await Promise.all(pending.splice(0));
      const value = await heard(write);
      for (const i of [0, 1, 2]) know(i, value);
    },
    async restart_node({ node: number }) {
      (nodes[number] as Node).client.disconnect();
      nodes[number] = startNode((machines[machineOf[number] as number] as Machine).epochs);
    },
    async restart_machine({ machine: number }) {
      await Promise.all(pending.splice(0));
      await (machines[number] as Machine).stop();
      const fresh = await startMachine(number);
      machines[number] = fresh;
      for (const [i, its] of machineOf.entries())
        if (its === number) await steps.restart_node({ do: 'restart_node', node: i });
    },
    async cut_listener({ machine: number }) {
      const cutting = (machines[number] as Machine).cut();
      const value = await write();
      await cutting;
      know(number, value);
    },
    async flush() {
      const ready = nodes.find(({ client }) => client.status === 'ready');
      await ready?.client.flushall().catch(() => undefined);
    },
    async kill() {
      isKilled = true;
      await redis.kill();
    },
    async pause() {
      if (!isKilled) redis.pause();
    },
    mend,
  };

  test('what was written through a machine, or is announced to it, is what its processes read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 120 }), async (list) => {
        wrong.length = 0;
        for (const each of list) {
          const doing = (steps[each.do] as (step: Step) => Promise<void>)(each);
          if ('isAwaited' in each && !each.isAwaited) pending.push(doing);
          else await doing;
        }
        await Promise.all(pending.splice(0));
        await mend();
        for (const [i] of nodes.entries()) await steps.read({ do: 'read', node: i, isAwaited: true });
        expect(wrong).toEqual([]);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    // It was a cache that was tested, with both its levels.
    expect(Math.min(...Object.values(sources))).toBeGreaterThan(5);
  }, 600_000);
});
