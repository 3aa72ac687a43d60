// The route /system: what a page shows of the system itself.
import { expect, test } from 'bun:test';
import packageJson from '../../package.json' with { type: 'json' };
import { testHttp } from '../support/http.ts';

const http = await testHttp({ isLive: true });

test('GET /system tells of processes, pool, database, partitions, versions and each worker', async () => {
  await http.sql`select tocsin.maintain_partitions(30)`;
  await http.sql`select tocsin.beat_worker(null, 'here', 42)`;
  const { status, json, headers } = await http.get('/api/v1/system', await http.bearer({ role: 'viewer' }));
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(json.version).toBe(packageJson.version);
  expect(json.server).toMatchObject({ processes: 1, restarts: 0, sockets: 0, pool: { size: http.sql.options.max } });
  expect(json.server.memory_bytes).toBeGreaterThan(10_000_000);
  const [{ version } = { version: '' }] = await http.sql<{ version: string }[]>`
    select current_setting('server_version') as version`;
  expect(json.database).toMatchObject({ postgres_version: version, ready: 0, retention_days: 30 });
  expect(json.database.partition_runway_seconds).toBeGreaterThan(0);
  expect(json.workers).toMatchObject([{ host: 'here', pid: 42, is_alive: true, in_flight: 0, late_results: 0 }]);
});
