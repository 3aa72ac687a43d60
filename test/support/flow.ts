// Everything that a whole-flow test needs: a database, a receiver that obeys, workers of this process, and makers of webhooks.
import { afterAll, setDefaultTimeout } from 'bun:test';
import { startWorker, type Worker, type WorkerOptions } from '../../src/delivery/worker.ts';
import { createLog } from '../../src/log.ts';
import { makeAddressPolicy } from '../../src/store/address_rules.ts';
import { type Api, makeApi } from '../../src/store/api.ts';
import { generateSecret } from '../../src/store/secrets.ts';
import { openSql } from '../../src/store/sql.ts';
import { makeVault, type Vault } from '../../src/store/vault.ts';
import { type TestDatabase, testDatabase } from './postgres.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { makeTestWebhook, type TestWebhook, type WebhookChanges } from './test_webhook.ts';

export type Flow = TestDatabase & {
  api: Api;
  receiver: Receiver;
  vault: Vault;
  /** A webhook of its own path, event and secret. */
  makeWebhook(changes?: WebhookChanges): Promise<TestWebhook>;
  /** A worker on a pool of its own; what still runs at the end of the file is stopped then. */
  startWorker(changes?: Partial<WorkerOptions>): Promise<Worker>;
};

/** The only key of the tests' vaults, in this process and in children. */
export const ENCRYPTION_KEY = 'the key that seals what tests store';

/** A test waits for conditions, each with a deadline of its own; this one only catches those that hang. */
const TEST_MS_MAX = 30_000;

/** Call it at the top level of a file: `const flow = await startFlow();` */
export async function startFlow(): Promise<Flow> {
  // Holds for the calling file only.
  setDefaultTimeout(TEST_MS_MAX);
  const stops: (() => Promise<unknown>)[] = [];
  // Registered before the database's own, so that nothing uses it when it is dropped.
  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()));
  });
  const database = await testDatabase();
  const receiver = await startReceiver();
  const api = makeApi(database.sql);
  const vault = makeVault([ENCRYPTION_KEY]);
  stops.push(() => receiver.stop());
  const flow: Flow = {
    ...database,
    api,
    receiver,
    vault,
    makeWebhook: (changes = {}) => makeTestWebhook(flow, changes),
    async startWorker(changes = {}) {
      const sql = openSql(database.url, { max: 4, applicationName: 'tocsin worker' });
      const worker = await startWorker({
        databaseUrl: database.url,
        calls: makeApi(sql).workers,
        open: vault.open,
        policy: makeAddressPolicy({ allowLoopback: true, allowedNetworks: [] }),
        concurrency: 64,
        retentionDays: 30,
        log: createLog({ write: () => undefined }),
        ...changes,
      });
      let stopping: Promise<void> | undefined;
      const stop = (graceMs?: number) => {
        stopping ??= worker.stop(graceMs).then(() => sql.end({ timeout: 1 }));
        return stopping;
      };
      stops.push(() => stop(0));
      return { ...worker, stop };
    },
  };
  return flow;
}

/** A secret, and what the database keeps of it. */
export function sealSecret(vault: Vault): { secret: string; sealed: string } {
  const secret = generateSecret();
  return { secret, sealed: vault.seal(secret, 'webhook_secret') };
}
