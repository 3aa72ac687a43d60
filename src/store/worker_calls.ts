// The calls of a worker, on a pool that is given up as a whole when the database does not answer: no dead connection holds them.
import { type Api, makeApi } from './api.ts';
import { CallTimeout } from './call.ts';
import { CallPool } from './call_pool.ts';

export type WorkerPool = {
  calls: Api['workers'];
  /** Closes its connections, and lets what is under way end for at most five seconds. */
  end(): Promise<void>;
};

export type WorkerPoolOptions = {
  /** Connections, two at least: one for the loop of the worker, the others for what runs beside it. */
  max: number;
  /** A call that takes longer is given up, and with it the pool: 8 s, so that a second heartbeat still comes in time. */
  callMsMax?: number;
  /** The same for housekeeping, which may have much to do: a minute. */
  housekeepingMsMax?: number;
};

type Calls = Record<string, (args?: never) => Promise<unknown>>;

const housekeeping = ['run_maintenance', 'maintain_partitions'];
/**
 * The loop makes these one after the other. Among the others each would find a session that was not used for long, with plans
 * and catalogue out of the processor's caches: a sixth of the server's time, and a third of a wake-up's.
 */
const ofLoop = [
  'claim_deliveries',
  'record_and_claim',
  'record_delivery_results',
  'release_leases',
  'get_delivery_targets',
];

/**
 * Where a firewall forgot a connection, or the other machine is gone, nobody closes it, and its call would wait for as long as
 * the system believes in it: many minutes. What such a call did, if it came through, is what a call without an answer leaves
 * anyway, so callers need nothing new.
 */
export function openWorkerCalls(url: string, options: WorkerPoolOptions): WorkerPool {
  const bind = (connections: CallPool, deadlineMs: number) =>
    makeApi(connections, { deadlineMs }).workers as unknown as Calls;
  const open = () => {
    const line = new CallPool(url, 1, { applicationName: 'tocsin worker' });
    const others = new CallPool(url, options.max - 1, { applicationName: 'tocsin worker' });
    return {
      loop: bind(line, options.callMsMax ?? 8_000),
      quick: bind(others, options.callMsMax ?? 8_000),
      slow: bind(others, options.housekeepingMsMax ?? 60_000),
      end: (timeout: number) => Promise.all([line.end({ timeout }), others.end({ timeout })]),
    };
  };
  let pool = open();
  const kindOf = (name: string) => (ofLoop.includes(name) ? 'loop' : housekeeping.includes(name) ? 'slow' : 'quick');
  const renewing = (name: string) => {
    const kind = kindOf(name);
    return async (args?: never) => {
      const asked = pool;
      try {
        return await asked[kind][name]?.(args);
      } catch (error) {
        if (error instanceof CallTimeout && asked === pool) {
          pool = open();
          void asked.end(0);
        }
        throw error;
      }
    };
  };
  const calls = Object.fromEntries(Object.keys(pool.quick).map((name) => [name, renewing(name)]));
  return { calls: calls as unknown as Api['workers'], end: async () => void (await pool.end(5)) };
}
