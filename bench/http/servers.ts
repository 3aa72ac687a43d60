// Starts the servers that the HTTP benches compare: Tocsin as its users start it, and bare ones.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mintToken } from '../../src/http/token.ts';
import { startProgram, startScript } from '../children.ts';
import { benchDirectory } from '../place.ts';

export type Server = {
  name: string;
  url: string;
  pid: number;
  /** What its callers send. */
  headers: Record<string, string>;
  stop(): Promise<void>;
};

export type TocsinOptions = {
  databaseUrl: string;
  name?: string;
  env?: Record<string, string>;
  /** The sources to run, by their root; these by default. */
  root?: string;
  /** Without its worker, as no user starts it. */
  isApiOnly?: boolean;
};

const root = join(import.meta.dir, '../..');
const secretKey = 'the-benches-sign-their-tokens-with-it';

/**
 * In production's manner: credentials are verified and requests counted, with a limit that none reaches. Pools are as large as
 * those of the bare rivals.
 */
export async function startTocsin({
  databaseUrl,
  name = 'Tocsin',
  env = {},
  root: at = root,
  isApiOnly = false,
}: TocsinOptions): Promise<Server> {
  const ready = /"serving"[^\n]*"url":"(http:\/\/[^"]+)"/;
  const child = await startProgram(
    [process.execPath, ...(isApiOnly ? [join(at, 'bench/http/api_main.ts')] : [join(at, 'src/cli.ts'), 'serve'])],
    {
      DATABASE_URL: databaseUrl,
      ENVIRONMENT: 'production',
      SECRET_KEY: secretKey,
      API_HOST: '127.0.0.1',
      API_PORT: '0',
      API_WORKERS: '1',
      API_LOG_LEVEL: 'INFO',
      DB_POOL_MAX: '10',
      DB_POOL_MIN: '2',
      RATE_LIMIT: '1000000000',
      ALLOWED_NETWORKS: '127.0.0.0/8',
      REDIS_URL: '',
      ...env,
    },
    ready,
  );
  const claims = { subject: 'bench', tenant: 'default', role: 'admin', expiresAtMs: Date.now() + 86_400_000 } as const;
  const token = await mintToken(secretKey, claims, { jwtIssuer: undefined, jwtAudience: undefined });
  const url = ready.exec(child.readyLine)?.[1] ?? '';
  return { name, url, pid: child.pid, headers: { authorization: `Bearer ${token}` }, stop: child.stop };
}

/** Through the API, which seals its secret and outlives versions. */
export async function createWebhook({ url, headers }: Server, webhook: Record<string, unknown>): Promise<void> {
  const response = await fetch(`${url}/api/v1/webhooks`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(webhook),
  });
  if (response.status !== 201) throw new Error(`A webhook was not created: ${response.status}.`);
}

export const startHello = (): Promise<Server> => startBare('bare Bun.serve, hello', 'rivals/hello.ts', []);

/** Answers every path with these bytes. */
export function startElysia(bytes: Uint8Array): Promise<Server> {
  return startBare('bare Elysia, same bytes', 'rivals/elysia_app.ts', [keepBytes('elysia', bytes)]);
}

/** On Node, which it is made for; on Bun, and named so, where there is none. */
export async function startFastify(databaseUrl: string): Promise<Server> {
  const node = Bun.which('node');
  const name = `Fastify and pg on ${node ? 'Node' : 'Bun: this machine has no Node'}`;
  const outdir = join(benchDirectory, 'fastify');
  const entrypoints = [join(import.meta.dir, '../rivals/fastify_app.ts')];
  const built = await Bun.build({ entrypoints, outdir, target: 'node', packages: 'external', naming: '[name].mjs' });
  const [file] = built.outputs;
  if (!file) throw new Error('The Fastify app was not built.');
  const child = await startProgram([node ?? process.execPath, file.path, databaseUrl], { NODE_ENV: 'production' });
  return { name, url: child.readyLine, pid: child.pid, headers: {}, stop: child.stop };
}

async function startBare(name: string, script: string, args: string[]): Promise<Server> {
  const child = await startScript(script, args);
  return { name, url: child.readyLine, pid: child.pid, headers: {}, stop: child.stop };
}

/** In a file, for a rival to read; returns its path. */
export function keepBytes(name: string, bytes: Uint8Array): string {
  mkdirSync(benchDirectory, { recursive: true });
  const path = join(benchDirectory, `${name}-${process.pid}.json`);
  writeFileSync(path, bytes);
  return path;
}
