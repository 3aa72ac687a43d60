// Runs one delivery worker: its heartbeat, its share of the buckets, the housekeeping, and the pump that does the work.
import { hostname } from 'node:os';
import type { Log } from '../log.ts';
import { openAlarm } from '../store/alarm.ts';
import type { AddressPolicy } from '../store/address_rules.ts';
import type { Meters } from '../store/meters.ts';
import type { Tracing } from '../tracing.ts';
import type { QueueCalls } from './batch.ts';
import { makeResolver } from './address.ts';
import { AnswerHeaders } from './answer_headers.ts';
import { ownedBuckets } from './buckets.ts';
import { Clock } from './clock.ts';
import { deliver } from './deliver.ts';
import { meterDeliver } from './metered.ts';
import { repeat } from './repeat.ts';
import { startPump } from './pump.ts';
import { type TargetOptions, Targets } from './targets.ts';
import { makeTraced } from './traced.ts';

/** The SQL functions that a worker calls, by their names. */
export type WorkerCalls = QueueCalls & {
  get_delivery_targets: TargetOptions['get_delivery_targets'];
  beat_worker(args: { p_worker_id: number | null; p_host: string; p_pid: number }): Promise<{
    worker_id: number;
    live_worker_ids: string;
    now_at: string;
  }>;
  remove_worker(args: { p_worker_id: number }): Promise<unknown>;
  keep_answer_headers: ConstructorParameters<typeof AnswerHeaders>[0];
  run_maintenance(args: Record<never, never>): Promise<unknown>;
  maintain_partitions(args: { p_retention_days: number }): Promise<unknown>;
};

export type WorkerOptions = {
  /** The address of the database, for the worker's own listening session. */
  databaseUrl: string;
  calls: WorkerCalls;
  open: TargetOptions['open'];
  policy: AddressPolicy;
  concurrency: number;
  retentionDays: number;
  /** How often an idle worker looks by itself, in case that nobody rang: 250 ms. */
  pollMs?: number;
  /** How often the bell's session proves that it hears, and how long that may take before another is opened: 5 s. */
  alarmMsMax?: number;
  log: Log;
  tracing?: Tracing | undefined;
  meters?: Meters | undefined;
};

export type Worker = {
  workerId: number;
  /** Something may be due: look at once. */
  wake(): void;
  /** Stops claiming, lets what is in flight end for at most `graceMs` (10 s), records it, and hands back the rest. */
  stop(graceMs?: number): Promise<void>;
};

const POLL_MS = 250;
const BEAT_MS = 5_000;
const HEADERS_MS = 500;
const MAINTENANCE_MS = 1_000;
const PARTITIONS_MS = 3_600_000;

/** Starts a worker; any number may run, in one process or many. Rejects when the database cannot be reached at the start. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { calls, log } = options;
  const me = { p_host: hostname(), p_pid: process.pid };
  const clock = new Clock();
  const first = await clock.follow(() => calls.beat_worker({ p_worker_id: null, ...me }));
  const workerId = first.worker_id;
  let buckets = shareOf(workerId, first.live_worker_ids);
  let pump: ReturnType<typeof startPump> | undefined;
  const alarm = await openAlarm(options.databaseUrl, () => pump?.wake(), {
    checkMs: options.alarmMsMax,
    answerMsMax: options.alarmMsMax,
  });
  const targets = new Targets({ get_delivery_targets: calls.get_delivery_targets, open: options.open });
  const resolve = makeResolver({ policy: options.policy });
  const answerHeaders = new AnswerHeaders(calls.keep_answer_headers);
  pump = startPump({
    calls,
    workerId,
    concurrency: options.concurrency,
    prepare: (deliveries) => targets.prepare(deliveries),
    deliver: meterDeliver(
      options.meters,
      makeTraced(options.tracing, ({ webhookId, deliveryId, attempt, body }, traceparent) =>
        deliver(
          targets.get(webhookId),
          {
            messageId: `msg_${deliveryId}`,
            body,
            traceparent,
            onFailure: (headers) => answerHeaders.note(deliveryId, attempt, headers),
          },
          resolve,
          clock.now,
        ),
      ),
    ),
    buckets: () => buckets,
    alarm,
    pollMs: options.pollMs ?? POLL_MS,
    log,
  });
  const rounds = [
    repeat('beat_worker', BEAT_MS, log, async () => {
      const beat = await clock.follow(() => calls.beat_worker({ p_worker_id: workerId, ...me }));
      buckets = shareOf(workerId, beat.live_worker_ids);
    }),
    repeat('keep_answer_headers', HEADERS_MS, log, () => answerHeaders.flush()),
    repeat('run_maintenance', MAINTENANCE_MS, log, () => calls.run_maintenance({})),
    repeat('maintain_partitions', PARTITIONS_MS, log, () =>
      calls.maintain_partitions({ p_retention_days: options.retentionDays }),
    ),
  ];
  log.info('worker started', { worker_id: workerId, concurrency: options.concurrency });
  return {
    workerId,
    wake: () => pump.wake(),
    async stop(graceMs = 10_000) {
      await pump.stop(graceMs);
      await Promise.all(rounds.map((round) => round.stop()));
      await answerHeaders.flush().catch(() => undefined);
      await alarm.stop();
      await calls.remove_worker({ p_worker_id: workerId }).catch(() => undefined);
      log.info('worker stopped', { worker_id: workerId });
    },
  };
}

/** Null, all buckets, for a worker that is alone. */
function shareOf(workerId: number, liveWorkerIds: string): number[] | null {
  const live = liveWorkerIds.split(',').map(Number);
  return live.length <= 1 ? null : ownedBuckets(workerId, live);
}
