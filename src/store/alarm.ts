// Lets an idle worker sleep and be woken by whoever raises an alert, without a NOTIFY per commit under load.
import { type ListenerTimes, openListener } from './listener.ts';
import { openSql } from './sql.ts';

/** See `openAlarm`. */
export type Alarm = {
  isArmed(): boolean;
  /** Tries to arm. When it cannot be had now (another worker sleeps, or a raising transaction is open) nobody will ring. */
  arm(): Promise<boolean>;
  disarm(): void;
  stop(): Promise<void>;
};

// The same two keys as in tocsin_internal.keep_workers_awake.
const LOCK = [1_953_456_995, 1] as const;

/**
 * Armed means: this session holds the lock that `tocsin_internal.keep_workers_awake` probes, so a transaction that queues a
 * delivery will notify when it commits. A transaction that probed before holds the lock shared until its end, so arming
 * waits its turn and no commit slips between the last look and the sleep. Needs a session of its own: no pooler in transaction mode.
 * `onRing` is called for every notification, and after the session was lost and another listens. The session that holds the
 * lock is the one that listens: when it is lost, nobody rings into the void.
 */
export async function openAlarm(url: string, onRing: () => void, times: ListenerTimes = {}): Promise<Alarm> {
  let armed = false;
  let losses = 0;
  const listener = await openListener({
    ...times,
    open: (options) => openSql(url, { ...options, applicationName: 'tocsin alarm' }),
    channels: { tocsin_ready: onRing },
    onOpen: onRing,
    onLoss() {
      losses++;
      armed = false;
    },
  });
  return {
    isArmed: () => armed,
    async arm() {
      const before = losses;
      const rows = await listener.ask(
        (sql) => sql`select pg_try_advisory_lock(${LOCK[0]}::integer, ${LOCK[1]}::integer) as armed`,
      );
      armed = rows?.[0]?.armed === true && losses === before;
      return armed;
    },
    disarm() {
      if (!armed) return;
      armed = false;
      // A lost session has released the lock already.
      listener
        .ask((sql) => sql`select pg_advisory_unlock(${LOCK[0]}::integer, ${LOCK[1]}::integer)`)
        .catch(() => undefined);
    },
    stop: () => listener.stop(),
  };
}
