// Starts the delivery worker of a program, with the secrets it may open and the addresses it may call.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { meterWorkerCalls } from '../delivery/metered.ts';
import { makePing } from '../delivery/ping.ts';
import { startWorker, type Worker } from '../delivery/worker.ts';
import { type AddressPolicy, makeAddressPolicy } from '../store/address_rules.ts';
import { callNames, makeApi } from '../store/api.ts';
import { meterCalls } from '../store/call_meter.ts';
import type { Meters } from '../store/meters.ts';
import { makeVault, type Vault } from '../store/vault.ts';
import { findVaultKeys } from '../store/vault_keys.ts';
import { openWorkerCalls } from '../store/worker_calls.ts';
import { warnOfLocked } from './locked_secrets.ts';
import type { Database, Program } from './program.ts';

/** Claims and recordings go one at a time; beats and housekeeping run beside them. */
const WORKER_CONNECTIONS = 4;

/** Opens the vault with the keys of the environment, or in development those of a file under `.tocsin/`. */
export function openVault(config: Config): Vault {
  return makeVault(findVaultKeys(config, join(process.cwd(), '.tocsin/encryption.key')));
}

/** Development may call this machine; private networks open by ALLOWED_NETWORKS only. */
export function addressPolicy(config: Config): AddressPolicy {
  const { allowedNetworks, environment } = config;
  return makeAddressPolicy({ allowedNetworks, allowLoopback: environment === 'development' });
}

/** Starts a worker on a pool of its own, so that slow requests never hold up a delivery; it stops before the database is left. */
export async function startDelivery(
  { config, log, shutdown, tracing }: Program,
  { url, pool: apiPool }: Database,
  meters: Meters,
): Promise<Worker> {
  const vault = openVault(config);
  const pool = openWorkerCalls(url, { max: WORKER_CONNECTIONS });
  shutdown.add('worker connections', pool.end);
  const counting = { meters, pool: 'worker', max: WORKER_CONNECTIONS, names: callNames } as const;
  const { workers } = meterCalls({ workers: pool.calls }, counting);
  const worker = await startWorker({
    databaseUrl: url,
    calls: meterWorkerCalls(meters, workers),
    meters,
    open: vault.open,
    policy: addressPolicy(config),
    concurrency: config.workerConcurrency,
    retentionDays: config.retentionDays,
    log,
    tracing,
  });
  shutdown.add('worker', () => worker.stop());
  // Of several processes one says so.
  if ((config.seat ?? 0) === 0) warnOfLocked(makeApi(apiPool).webhooks, vault, log).catch(() => undefined);
  return worker;
}

/** The function behind `POST /webhooks/{id}/test`. */
export function makeProgramPing(config: Config, { pool }: Database): ReturnType<typeof makePing> {
  const { get_delivery_targets } = makeApi(pool).workers;
  return makePing({ get_delivery_targets, open: openVault(config).open, policy: addressPolicy(config) });
}
