// Counts what a worker does: its claims, its recordings, its housekeeping, and what came of each attempt, by when.
import { counters, gauges, outcomes } from '../store/meter_specs.ts';
import type { Meters } from '../store/meters.ts';
import type { ClaimRow, Delivery } from './batch.ts';
import type { Outcome } from './outcome.ts';
import type { WorkerCalls } from './worker.ts';

type Deliver = (delivery: Delivery) => Promise<Outcome>;

const EPOCH_MS = 1_735_689_600_000;
/** How an alert about Tocsin itself begins: what becomes of those must not raise another, for ever. */
const OWN_BODY = '{"type":"tocsin.';
const steps = counters.maintenance.labels.step as readonly string[];

/** `deliver`, counted; a worker without meters counts nothing. */
export function meterDeliver(meters: Meters | undefined, deliver: Deliver): Deliver {
  if (meters === undefined) return deliver;
  let inFlight = 0;
  return async (delivery) => {
    meters.set(gauges.inFlight, ++inFlight);
    const outcome = await deliver(delivery);
    meters.set(gauges.inFlight, --inFlight);
    const isRetry = delivery.attempt > 1 ? 1 : 0;
    const isOwn = delivery.body?.startsWith(OWN_BODY) ? 1 : 0;
    meters.add(counters.attempts, (outcomes.indexOf(outcome.outcome) * 2 + isRetry) * 2 + isOwn);
    meters.observe(counters.attemptSeconds, outcome.response_ms / 1000);
    // The clock of the database made the id, and this machine's may be behind it.
    if (outcome.outcome === 'delivered') {
      meters.observe(counters.latency, (Date.now() - timeOf(delivery.deliveryId)) / 1000, isRetry);
    }
    return outcome;
  };
}

/** The calls of a worker, with their results counted. */
export function meterWorkerCalls(meters: Meters, calls: WorkerCalls): WorkerCalls {
  const claimed = (row: ClaimRow) => {
    const count = row.delivery_ids === null || row.delivery_ids === '' ? 0 : row.delivery_ids.split(',').length;
    meters.add(counters.claims, count > 0 ? 0 : 1);
    meters.add(counters.claimed, 0, count);
  };
  const recorded = (answer: unknown) => {
    const { recorded: count, late } = answer as { recorded: number; late: number };
    meters.add(counters.recorded, 0, count);
    meters.add(counters.late, 0, late);
  };
  const failed = (spec: typeof counters.claims, place: number) => (error: unknown) => {
    meters.add(spec, place);
    throw error;
  };
  return {
    ...calls,
    async claim_deliveries(args) {
      const row = await calls.claim_deliveries(args).catch(failed(counters.claims, 2));
      claimed(row);
      return row;
    },
    async record_delivery_results(args) {
      const answer = await calls.record_delivery_results(args).catch(failed(counters.recordErrors, 0));
      recorded(answer);
      return answer;
    },
    async record_and_claim(args) {
      const row = await calls.record_and_claim(args).catch(failed(counters.recordErrors, 0));
      recorded(row);
      claimed(row);
      return row;
    },
    async run_maintenance(args) {
      const row = (await calls.run_maintenance(args)) as Record<string, number> | null;
      for (const [place, step] of steps.entries()) meters.add(counters.maintenance, place, row?.[step] ?? 0);
      return row;
    },
  };
}

/** When the delivery was raised, or replayed: ids tell their time. */
function timeOf(id: number): number {
  return EPOCH_MS + (Math.floor(id / 8192) * 1000) / 1024;
}
