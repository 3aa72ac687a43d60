// A system to break: `tocsin work` in processes of its own, a counting receiver in another, and the evidence for the invariants.
import { expect, setDefaultTimeout } from 'bun:test';
import { type Api, makeApi } from '../../src/store/api.ts';
import { generateSecret } from '../../src/store/secrets.ts';
import type { Sql } from '../../src/store/sql.ts';
import { makeVault } from '../../src/store/vault.ts';
import { advance } from './advance.ts';
import { type Child, startCli } from './children.ts';
import { ENCRYPTION_KEY } from './flow.ts';
import { inspect, listInFlight, listOpen, type Report, type Span } from './invariants.ts';
import { type ReceiverChild, startReceiverChild } from './receiver_child.ts';
import { until } from './wait.ts';

export type WorkerChild = Child & { workerId: number };

export type Rig = {
  sql: Sql;
  api: Api;
  receiver: ReceiverChild;
  webhookIds: number[];
  /** Raises so many alerts, `batch` (500) in a transaction; each goes to every webhook. Rejects with the first batch that does. */
  raise(count: number, batch?: number): Promise<void>;
  /** Raises these together, by SQL unless told otherwise; rejects when it is not acknowledged that they are kept. */
  raiseList(alerts: RaisedAlert[], raiseBatch?: RaiseBatch): Promise<void>;
  startWorker(env?: Record<string, string>): Promise<WorkerChild>;
  /** Resolves when so many different deliveries have arrived. */
  progress(unique: number): Promise<unknown>;
  /** After a fault: what these workers had in flight may come again. Their sessions must have ended. */
  excuse(workerIds?: number[]): Promise<number>;
  /** Makes the last heartbeat and the leases of a worker a minute older, so that nobody has to wait until it is missed. */
  bury(workerId: number): Promise<unknown>;
  /** Waits until all is done, and checks every invariant. */
  settle(options?: { duplicatesMax?: number }): Promise<Report>;
  stop(): Promise<void>;
};

export type RigOptions = {
  webhooks?: number;
  /** So many of them get their deliveries one at a time. */
  ordered?: number;
  /** How long the receiver takes for each. */
  delayMs?: number;
  concurrency?: number;
  /** Raises one batch and resolves with the ids when it is acknowledged; by SQL unless given. */
  raiseBatch?: RaiseBatch;
};

export type RaisedAlert = { alert_type: string; message: string; severity?: string };
export type RaiseBatch = (alerts: RaisedAlert[]) => Promise<number[]>;

/** Makes the webhooks in a database that has the schema, and the receiver that they call. */
export async function startRig(place: { url: string; sql: Sql }, options: RigOptions = {}): Promise<Rig> {
  // Holds for the calling file only. Every wait has a deadline of its own; this one catches a test that hangs.
  setDefaultTimeout(90_000);
  const { sql, url } = place;
  const { webhooks = 10, ordered = 0, delayMs = 10, concurrency = 128 } = options;
  const secret = generateSecret();
  const receiver = await startReceiverChild({ secret, delayMs });
  const api = makeApi(sql);
  const raiseBatch: RaiseBatch = options.raiseBatch ?? ((p_alerts) => api.alerts.raise_alerts({ p_alerts }));
  const sealed = makeVault([ENCRYPTION_KEY]).seal(secret, 'webhook_secret');
  const acknowledgedIds = new Set<number>();
  const inFlight = new Map<string, number>();
  const spans = new Map<number, Span>();
  const raiseList = async (alerts: RaisedAlert[], by = raiseBatch) => {
    const span = { from: performance.now(), to: Number.POSITIVE_INFINITY };
    for (const id of await by(alerts)) {
      acknowledgedIds.add(id);
      spans.set(id, span);
    }
    span.to = performance.now();
  };
  const webhookIds = await makeWebhooks(api, receiver.url, sealed, { webhooks, ordered });
  return {
    sql,
    api,
    receiver,
    webhookIds,
    async raise(count, batch = 500) {
      for (let left = count; left > 0; left -= batch) {
        const alerts = Array.from({ length: Math.min(left, batch) }, () => ({
          alert_type: 'fault.test',
          message: 'm',
        }));
        await raiseList(alerts);
      }
    },
    raiseList,
    async startWorker(env = {}) {
      const child = await startCli(['work'], {
        ready: /"worker started"[^\n]*"worker_id":(\d+)/,
        env: {
          DATABASE_URL: url,
          ENVIRONMENT: 'development',
          ENCRYPTION_KEY,
          WORKER_CONCURRENCY: String(concurrency),
          ...env,
        },
      });
      return { ...child, workerId: Number(child.ready[1]) };
    },
    progress: (unique) =>
      advance(async () => {
        const { unique: count } = await receiver.stats();
        return { isDone: count >= unique, state: `${count} of ${unique} deliveries` };
      }),
    async excuse(workerIds) {
      const ids = await listInFlight(sql, workerIds);
      for (const id of ids) inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
      return ids.length;
    },
    bury: (workerId) => sql`
      with aged as (
        update tocsin_data.alert_delivery_leases set claimed_at = claimed_at - interval '1 minute' where worker_id = ${workerId})
      update tocsin_data.workers set beat_at = beat_at - interval '1 minute' where worker_id = ${workerId}`,
    async settle({ duplicatesMax = 0 } = {}) {
      await drained(sql);
      const [received, orders, { unverified }] = await Promise.all([
        receiver.ids(),
        receiver.orders(),
        receiver.stats(),
      ]);
      const report = await inspect(sql, {
        acknowledgedIds,
        webhookIds,
        received,
        orders,
        spans,
        unverified,
        inFlight,
        duplicatesMax,
      });
      expect(report.wrong).toEqual([]);
      return report;
    },
    stop: () => receiver.stop(),
  };
}

async function makeWebhooks(
  api: Api,
  url: string,
  sealed: string,
  { webhooks, ordered }: { webhooks: number; ordered: number },
): Promise<number[]> {
  const ids: number[] = [];
  for (let i = 0; i < webhooks; i++) {
    const p_ordered = i < ordered;
    const p_url = `${url}/${p_ordered ? 'ordered' : 'any'}/${i}`;
    const columns = { p_tenant_id: 1, p_name: `w${i}`, p_url, p_secret_sealed: sealed, p_max_in_flight: 50, p_ordered };
    ids.push(await api.webhooks.create_webhook(columns));
  }
  return ids;
}

/** Resolves when nothing waits, is leased, or is still to be counted. */
export function drained(sql: Sql): Promise<void> {
  return advance(async () => {
    const open = await listOpen(sql);
    return { isDone: Object.values(open).every((count) => count === 0), state: JSON.stringify(open) };
  });
}

/** Resolves when no session of a worker does anything by itself: what a frozen one had asked for is then done. */
export function sessionsIdle(sql: Sql): Promise<unknown> {
  return until(async () => {
    // One that the worker froze in mid-conversation counts as active, and waits for its client.
    const found = await sql`select from pg_stat_activity
      where datname = current_database() and application_name like 'tocsin%'
        and state <> 'idle' and wait_event is distinct from 'ClientRead'`;
    return found.count === 0;
  });
}

/** Resolves when no session of a worker is left on this database: what a killed one had under way is then decided. */
export function sessionsGone(sql: Sql): Promise<unknown> {
  return until(async () => {
    const found =
      await sql`select from pg_stat_activity where datname = current_database() and application_name like 'tocsin%'`;
    return found.count === 0;
  });
}

/** True while there is a process of this number, be it that nobody has taken note of its end. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
