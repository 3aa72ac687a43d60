// The calls of a worker, on a pool that is given up as a whole when the database does not answer: no dead connection holds them.
import { type Api, makeApi } from './api.ts';
import { CallTimeout } from './call.ts';
import { openSql } from './sql.ts';

export type WorkerPool = {
  calls: Api['workers'];
  /** Closes the pool, and lets what is under way end for at most five seconds. */
  end(): Promise<void>;
};

export type WorkerPoolOptions = {
  max: number;
  /** A call that takes longer is given up, and with it the pool: 8 s, so that a second heartbeat still comes in time. */
  callMsMax?: number;
  /** The same for housekeeping, which may have much to do: a minute. */
  housekeepingMsMax?: number;
};

type Calls = Record<string, (args?: never) => Promise<unknown>>;

const housekeeping = ['run_maintenance', 'maintain_partitions'];

/**
 * Where a firewall forgot a connection, or the other machine is gone, nobody closes it, and its call would wait for as long as
 * the system believes in it: many minutes. What such a call did, if it came through, is what a call without an answer leaves
 * anyway, so callers need nothing new.
 */
export function openWorkerCalls(url: string, options: WorkerPoolOptions): WorkerPool {
  const open = () => {
    const sql = openSql(url, { max: options.max, applicationName: 'tocsin worker' });
    const quick = makeApi(sql, { deadlineMs: options.callMsMax ?? 8_000 }).workers as unknown as Calls;
    const slow = makeApi(sql, { deadlineMs: options.housekeepingMsMax ?? 60_000 }).workers as unknown as Calls;
    return { sql, quick, slow };
  };
  let pool = open();
  const renewing = (name: string) => async (args?: never) => {
    const asked = pool;
    try {
      return await (housekeeping.includes(name) ? asked.slow : asked.quick)[name]?.(args);
    } catch (error) {
      if (error instanceof CallTimeout && asked === pool) {
        pool = open();
        void asked.sql.end({ timeout: 0 });
      }
      throw error;
    }
  };
  const calls = Object.fromEntries(Object.keys(pool.quick).map((name) => [name, renewing(name)]));
  return { calls: calls as unknown as Api['workers'], end: () => pool.sql.end({ timeout: 5 }) };
}
