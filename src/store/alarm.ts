// Lets an idle worker sleep and be woken by whoever raises an alert, without a NOTIFY per commit under load.
import { openSql } from './sql.ts';

/** See `openAlarm`. */
export type Alarm = {
  isArmed(): boolean;
  /** Tries to arm. When it cannot be had now (another worker sleeps, or a raising transaction is open) nobody will ring. */
  arm(): Promise<boolean>;
  disarm(): void;
  stop(): Promise<void>;
};

// The same two keys as in tocsin_internal.wake_idle_worker.
const LOCK = [1_953_456_995, 1] as const;

/**
 * Armed means: this session holds the lock that `tocsin_internal.wake_idle_worker` probes, so a transaction that queues a
 * delivery will notify when it commits. A transaction that probed before holds the lock shared until its end, so arming
 * waits its turn and no commit slips between the last look and the sleep. Needs a session of its own: no pooler in transaction mode.
 * `onRing` is called for every notification, and after the listening connection was lost and made again.
 */
export async function openAlarm(url: string, onRing: () => void): Promise<Alarm> {
  let armed = false;
  const sql = openSql(url, {
    max: 1,
    applicationName: 'tocsin alarm',
    onClose: () => {
      armed = false;
    },
  });
  const listening = await sql.listen('tocsin_ready', onRing, onRing);
  return {
    isArmed: () => armed,
    async arm() {
      const [row] = await sql`select pg_try_advisory_lock(${LOCK[0]}::integer, ${LOCK[1]}::integer) as armed`;
      armed = row?.armed === true;
      return armed;
    },
    disarm() {
      if (!armed) return;
      armed = false;
      // A lost connection has released the lock already.
      sql`select pg_advisory_unlock(${LOCK[0]}::integer, ${LOCK[1]}::integer)`.catch(() => undefined);
    },
    async stop() {
      await listening.unlisten().catch(() => undefined);
      await sql.end({ timeout: 1 });
    },
  };
}
