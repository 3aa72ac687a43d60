// Finds Debian's Prometheus, and runs one for a test with the configuration that we ship.
import { afterAll } from 'bun:test';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from './packages.ts';
import { freePort } from './redis.ts';
import { until } from './wait.ts';

/** What we ship. */
export const shipped = join(import.meta.dir, '../../deploy/prometheus');

/** Whether Prometheus can be had here; in CI it must be. */
export const hasPrometheus = await findPrometheus();

async function findPrometheus(): Promise<boolean> {
  const isFound = () => Bun.which('prometheus') !== null && Bun.which('promtool') !== null;
  if (isFound()) return true;
  await installPackages('prometheus');
  if (!isFound() && process.env.CI === 'true') throw new Error('CI must have prometheus, and it cannot be installed.');
  return isFound();
}

/** Runs promtool where the shipped files are. */
export async function promtool(...args: string[]) {
  const { exitCode, stdout, stderr } = await Bun.$`promtool ${args}`.cwd(shipped).quiet().nothrow();
  return { exitCode, output: `${stdout}${stderr}` };
}

export interface TestPrometheus {
  /** The answer of its HTTP API: `query?query=up`. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
  api(path: string): Promise<any>;
  /** The only value of a query; undefined when it has none. */
  value(query: string): Promise<number | undefined>;
}

/** One with our configuration, but for what it scrapes (`host:port`), and how often: each second. It ends with the calling file. */
export async function startPrometheus(target: string, workerTarget: string, key: string): Promise<TestPrometheus> {
  const home = mkdtempSync(join(tmpdir(), 'tocsin-prometheus-'));
  cpSync(shipped, home, { recursive: true });
  const text = await Bun.file(join(shipped, 'prometheus.yml')).text();
  const config = text.replaceAll('15s', '1s').replace('localhost:8000', target).replace('localhost:9400', workerTarget);
  if (!config.includes(target) || !config.includes(workerTarget))
    throw new Error('The targets are not where they were.');
  writeFileSync(join(home, 'prometheus.yml'), config);
  writeFileSync(join(home, 'tocsin.key'), key);
  const port = await freePort();
  const child = Bun.spawn(
    [
      'prometheus',
      `--config.file=${home}/prometheus.yml`,
      `--storage.tsdb.path=${home}/rows`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
  );
  afterAll(async () => {
    child.kill('SIGKILL');
    await child.exited;
    rmSync(home, { recursive: true, force: true });
  });
  const origin = `http://127.0.0.1:${port}`;
  const api = async (path: string) => (await fetch(`${origin}/api/v1/${path}`)).json();
  await until(async () => (await fetch(`${origin}/-/ready`)).ok, { timeoutMs: 30_000, what: 'Prometheus being ready' });
  return {
    api,
    async value(query) {
      const { data } = await api(`query?query=${encodeURIComponent(query)}`);
      return data?.result?.length === 1 ? Number(data.result[0].value[1]) : undefined;
    },
  };
}
