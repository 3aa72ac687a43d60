// Tocsin's cache without HTTP around it: reads that Redis or the database answers, in a loop.
// Usage: bun bench/http/cache_main.ts DATABASE [REDIS_PORT].
import { gatherReads } from '../../src/http/reading.ts';
import { makeApi } from '../../src/store/api.ts';
import { Cache } from '../../src/store/cache.ts';
import { Circuit } from '../../src/store/circuit.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { makeL2 } from '../../src/store/l2.ts';
import { openRedis } from '../../src/store/redis.ts';
import { openSql } from '../../src/store/sql.ts';
import { serveRuns } from './runner.ts';
import { loop } from './timings.ts';

/** `redis`: the answers are there · `database`: there is no Redis. */
export type CacheOrder = { source: keyof typeof caches; inFlight: number; ms: number; warmMs: number };

const [databaseUrl = '', redisPort] = process.argv.slice(2);
const sql = openSql(databaseUrl, { max: 10 });
const api = makeApi(sql, { deadlineMs: 10_000 });
/** As the route of a webhook loads it. */
const getWebhook = gatherReads(api.webhooks);
const epochs = new Epochs();
const redis = redisPort === undefined ? undefined : openRedis(`redis://127.0.0.1:${redisPort}`, () => undefined);
/** Memory has room for one answer: it never has the one that is asked for. */
const small = { epochs, itemsMax: 1, bytesMax: 1e6, ttlMs: 60_000 };
const caches = {
  // Patient: that it does without Redis where the machine is busy is not what is measured.
  redis: new Cache({ ...small, l2: redis && makeL2(redis, epochs, new Circuit(2_000)) }),
  database: new Cache(small),
};
const tags = ['1:webhooks', '1:deliveries', '0:health'];
const ids = (await api.webhooks.list_webhooks({ p_tenant_id: 1, p_limit: 400 })).map(({ id }) => id);
const read = (source: CacheOrder['source'], p_webhook_id: number) => {
  const load = async () => ({ text: JSON.stringify(await getWebhook({ p_tenant_id: 1, p_webhook_id })) });
  return caches[source].read(`1|/api/v1/webhooks/${p_webhook_id}`, tags, load);
};
if (redis !== undefined) {
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
  for (const id of ids) await read('redis', id);
}
let next = 0;

serveRuns<CacheOrder>(({ source, inFlight, ms, warmMs }) =>
  loop(() => read(source, ids[next++ % ids.length] as number), inFlight, ms, warmMs),
);
