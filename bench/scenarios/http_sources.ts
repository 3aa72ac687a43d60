// Measures reads that memory cannot answer: from Redis against bare ioredis, from the database against bare postgres.js.
import type { BareOrder } from '../rivals/bare_postgres.ts';
import type { CacheOrder } from '../http/cache_main.ts';
import { answerOf, asking, looping } from '../http/contenders.ts';
import { type Rig, usualConnections, withRig } from '../http/rig.ts';
import { startRunner } from '../http/runner.ts';
import { keepBytes, startFastify, startTocsin, type TocsinOptions } from '../http/servers.ts';
import { commonNotes, cpuShare, figuresOf, share, speedTable, type Target, targetTable } from '../http/tables.ts';
import { type Contender, compare, type Medians } from '../measure.ts';
import { startRedis } from '../redis.ts';
import type { Report, Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'http_sources',
  title: 'Reads of single webhooks that Redis or the database answers, against asking those directly.',
  run: (bench) => withRig(bench, run),
};

const REDIS = 'bare ioredis get';
const POSTGRES = 'bare postgres.js, get_webhook';
const L2_CACHE = "Tocsin's cache alone, from Redis";
const L2 = 'Tocsin, from Redis';
const MISS_CACHE = "Tocsin's cache alone, missed";
const MISS = 'Tocsin, missed, without Redis';
/** Memory that has room for fewer answers than are asked for has none of them when they are asked for again. */
const small = { CACHE_MAX_ITEMS: '1' };

type MakeContender = (connections: number) => Contender;

async function run(rig: Rig): Promise<Report> {
  const { bench } = rig;
  const database = await databaseContenders(rig);
  const redis = await redisContenders(rig);
  const found: [title: string, medians: Medians, base: string][] = [];
  const usual = new Map<string, Medians>();
  const usualCount = usualConnections(bench);
  for (const count of bench.pick([10, usualCount, 200], [usualCount], [usualCount])) {
    for (const [base, makers] of [
      [REDIS, redis],
      [POSTGRES, database],
    ] as const) {
      if (makers.length === 0) continue;
      bench.say(`${base === REDIS ? 'Redis' : 'database'}, ${count} connections`);
      const medians = await compare(
        bench,
        makers.map((make) => make(count)),
      );
      found.push([`${base === REDIS ? 'From Redis' : 'From the database'}, ${count} at a time`, medians, base]);
      if (count === usualCount) usual.set(base, medians);
    }
  }
  const targets = targetsOf(usual);
  return {
    tables: [targetTable(targets), ...found.map(([title, medians, base]) => speedTable(title, medians, base))],
    figures: figuresOf(
      targets,
      found.map(([, medians]) => medians),
    ),
    notes: [
      ...commonNotes,
      'Each connection asks for other webhooks in turn, 400 in all, from a memory with room for one. An answer in Redis ' +
        'holds for two seconds, so a few of a hundred reads are loaded anew. All pools have ten connections.',
      'Reads that miss at the same time share calls of the database; those of the bare clients have one each. ' +
        'The cache alone is what a read costs beside HTTP: it is looked for in memory and Redis, loaded and kept. ' +
        'CPU time here is that of the asking program, not that of Redis or PostgreSQL.',
      'Where nothing is wanted, the figure is there to compare. Over HTTP no server could give 60 % of what ioredis reads: ' +
        '`Bun.serve` that says hello is slower than that (see http_reads).',
    ],
  };
}

async function databaseContenders(rig: Rig): Promise<MakeContender[]> {
  const { bench, database, loader, spell, keep, webhookPaths: paths } = rig;
  const bare = keep(await startRunner<BareOrder>('rivals/bare_postgres.ts', [database.url]));
  const cache = keep(await startRunner<CacheOrder>('http/cache_main.ts', [database.url]));
  const missing = await startSmall(rig, { name: MISS });
  const makers: MakeContender[] = [
    (count) => looping(POSTGRES, bare, { call: 'get_webhook', inFlight: count, ...spell }),
    (count) => looping(MISS_CACHE, cache, { source: 'database', inFlight: count, ...spell }),
    (count) => asking(loader, MISS, missing, spell, { paths, connections: count }),
  ];
  if (bench.size !== 'full') return makers;
  const uncached = await startSmall(rig, { name: 'Tocsin, CACHE_ENABLED=false', env: { CACHE_ENABLED: 'false' } });
  const fastify = keep(await startFastify(database.url));
  for (const server of [uncached, fastify])
    makers.push((count) => asking(loader, server.name, server, spell, { paths, connections: count }));
  return makers;
}

async function redisContenders(rig: Rig): Promise<MakeContender[]> {
  const { bench, loader, spell, keep, webhookPaths: paths } = rig;
  const redis = await startRedis({ isCache: true });
  if (redis === undefined) return [];
  keep(redis);
  const env = { ...small, REDIS_URL: `redis://127.0.0.1:${redis.port}` };
  const tocsin = await startSmall(rig, { name: L2, env });
  const { bytes } = await answerOf(tocsin, paths[0] as string);
  const bare = keep(
    await startRunner<{ inFlight: number; ms: number; warmMs: number }>('rivals/bare_redis.ts', [
      String(redis.port),
      keepBytes('redis', bytes),
    ]),
  );
  const cache = keep(await startRunner<CacheOrder>('http/cache_main.ts', [rig.database.url, String(redis.port)]));
  const makers: MakeContender[] = [
    (count) => looping(REDIS, bare, { inFlight: count, ...spell }),
    (count) => looping(L2_CACHE, cache, { source: 'redis', inFlight: count, ...spell }),
    (count) => asking(loader, L2, tocsin, spell, { paths, connections: count }),
  ];
  if (bench.size !== 'full') return makers;
  const two = await startSmall(rig, { name: `${L2}, 2 processes`, env: { ...env, API_WORKERS: '2' } });
  // With room for all, memory answers: what Redis costs a hot read, and what a cold one of each costs.
  const roomy = await startSmall(rig, {
    name: 'Tocsin, with Redis, from memory',
    env: { ...env, CACHE_MAX_ITEMS: '1000' },
  });
  for (const server of [two, roomy])
    makers.push((count) => asking(loader, server.name, server, spell, { paths, connections: count }));
  return makers;
}

async function startSmall({ database, keep }: Rig, options: Omit<TocsinOptions, 'databaseUrl'>) {
  return keep(await startTocsin({ databaseUrl: database.url, ...options, env: { ...small, ...options.env } }));
}

function targetsOf(usual: Map<string, Medians>): Target[] {
  const targets: Target[] = [];
  for (const [base, name, key, what, wanted] of [
    [REDIS, L2_CACHE, 'ratio_l2', 'from Redis, of bare ioredis get', 0.6],
    [REDIS, L2, 'ratio_l2_http', 'the same over HTTP', undefined],
    [POSTGRES, MISS_CACHE, 'ratio_miss', 'missed, of bare postgres.js', 0.7],
    [POSTGRES, MISS, 'ratio_miss_http', 'the same over HTTP', 0.7],
  ] as const) {
    const medians = usual.get(base);
    if (medians === undefined) continue;
    targets.push({ key, what, ...(wanted && { wanted }), measured: share(medians, name, base), unit: '%' });
    const measured = cpuShare(medians, name, base);
    if (Number.isFinite(measured))
      targets.push({ key: `cpu_${key}`, what: `${what}, by CPU time`, measured, unit: '%' });
  }
  return targets;
}
