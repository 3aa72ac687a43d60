// Starts the programs that users run, `tocsin serve` and `tocsin work`, on a database of a bench.
import { join } from 'node:path';
import type { Sql } from '../src/store/sql.ts';
import { makeVault } from '../src/store/vault.ts';
import { type Child, startProgram } from './children.ts';
import { benchSecret } from './fixtures.ts';
import { type BenchDatabase, benchDirectory } from './place.ts';

const KEY = 'the key that seals what the benches store';

/** Makes the webhooks' secrets such that these programs can open them; to be called when all webhooks are made. */
export async function sealSecrets(sql: Sql): Promise<void> {
  const sealed = makeVault([KEY]).seal(benchSecret, 'webhook_secret');
  await sql`update tocsin_data.webhook_secrets set secret_sealed = ${sealed}`;
}

/** The API and a worker; `url` is where it listens. */
export async function startServer(database: BenchDatabase): Promise<Child & { url: string }> {
  const server = await start('serve', database, /"serving"/);
  return { ...server, url: server.readyLine.match(/"url":"([^"]+)"/)?.[1] ?? '' };
}

/** A worker alone. */
export function startWork(database: BenchDatabase): Promise<Child> {
  return start('work', database, /"worker started"/);
}

/** Raises by `POST /alerts`, or a list by `POST /alerts/batch`. @throws Error with the answer unless it is 201 */
export async function postAlerts(url: string, path: 'alerts' | 'alerts/batch', body: unknown): Promise<void> {
  const answer = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(`POST /${path} answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

function start(command: string, { url }: BenchDatabase, ready: RegExp): Promise<Child> {
  const env = {
    DATABASE_URL: url,
    ENVIRONMENT: 'development',
    ENCRYPTION_KEY: KEY,
    SECRET_KEY: KEY,
    API_PORT: '0',
    RATE_LIMIT: '100000000',
    LOG_FILE: join(benchDirectory, `${command}.log`),
  };
  return startProgram([process.execPath, join(import.meta.dir, '../src/cli.ts'), command], env, ready);
}
