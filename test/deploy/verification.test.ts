// The list of commands by which docs/DEPLOYMENT.md shows that a server is right, run as they stand in the page.
import { afterAll, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCli } from '../support/children.ts';
import { installPackages } from '../support/packages.ts';
import { readPageCommands, runPageCommands } from '../support/page_commands.ts';
import { startOwnCluster } from '../support/own_cluster.ts';
import { freePort, hasRedis, startRedis } from '../support/redis.ts';

const tools = ['psql', 'redis-cli', 'curl'];
if (tools.some((tool) => !Bun.which(tool))) await installPackages('postgresql-client', 'redis-tools', 'curl');
const isPossible = hasRedis && tools.every((tool) => Bun.which(tool));
if (!isPossible && process.env.CI === 'true') throw new Error(`CI must have ${tools.join(', ')}.`);

const bin = mkdtempSync(join(tmpdir(), 'tocsin-page-'));
afterAll(() => rmSync(bin, { recursive: true }));
const cli = join(import.meta.dir, '../../src/cli.ts');
await Bun.write(join(bin, 'tocsin'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`);
chmodSync(join(bin, 'tocsin'), 0o755);

// A durable cluster of its own: `tocsin doctor` finds that of the other tests, which never flushes, wanting.
const { url } = await startOwnCluster();

test.skipIf(!isPossible)(
  'every verification command of docs/DEPLOYMENT.md answers what the page says',
  async () => {
    const blocks = await readPageCommands('docs/DEPLOYMENT.md', 'Is it right?');
    expect(blocks.map(({ heading }) => heading)).toEqual([
      ...[
        'Database',
        'Configuration',
        'Dependencies',
        'Start-up',
        'Health',
        'Deep health',
        'Cache',
        'Cache',
        'Webhooks',
        'Webhooks',
      ],
      ...['Live socket', 'Metrics'],
    ]);
    for (const { answer } of blocks) expect(answer).toBeDefined();
    const redis = await startRedis();
    const port = await freePort();
    const env = {
      DATABASE_URL: url,
      REDIS_URL: redis.url,
      SECRET_KEY: 'the secret of this test, 32 bytes',
      ENCRYPTION_KEY: 'another secret of this test of 32 bytes',
      API_HOST: '127.0.0.1',
      API_PORT: String(port),
      API_WORKERS: '2',
      PATH: `${bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    };
    const server = await startCli(['serve'], { env, ready: /"message":"serving"/, timeoutMs: 60_000 });
    await runPageCommands(blocks, { ...env, TOCSIN: `http://127.0.0.1:${port}` });
    expect(await server.stop()).toBe(0);
  },
  120_000,
);
