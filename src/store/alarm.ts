// Lets an idle worker sleep and be woken by whoever raises an alert, without a NOTIFY per commit under load.
import { openSql } from './sql.ts';

/** See `openAlarm`. */
export type Alarm = {
  isArmed(): boolean;
  /** Tries to arm. When it cannot be had now (another worker sleeps, or a raising transaction is open) nobody will ring. */
  arm(): Promise<boolean>;
  disarm(): void;
  /** To be called now and then: connects anew when the database does not answer, for nobody may tell us that it is gone. */
  check(): Promise<void>;
  stop(): Promise<void>;
};

// The same two keys as in tocsin_internal.keep_workers_awake.
const LOCK = [1_953_456_995, 1] as const;

const ANSWER_MS_MAX = 5_000;

/**
 * Armed means: this session holds the lock that `tocsin_internal.keep_workers_awake` probes, so a transaction that queues a
 * delivery will notify when it commits. A transaction that probed before holds the lock shared until its end, so arming
 * waits its turn and no commit slips between the last look and the sleep. Needs a session of its own: no pooler in transaction mode.
 * `onRing` is called for every notification, and after the listening connection was lost and made again.
 */
export async function openAlarm(url: string, onRing: () => void, answerMsMax = ANSWER_MS_MAX): Promise<Alarm> {
  let armed = false;
  const connect = () => {
    const sql = openSql(url, {
      max: 1,
      applicationName: 'tocsin alarm',
      onClose: () => {
        if (line.sql === sql) armed = false;
      },
    });
    return { sql, listening: sql.listen('tocsin_ready', onRing, onRing) };
  };
  let line: ReturnType<typeof connect> = connect();
  await line.listening;
  const renew = () => {
    const { sql } = line;
    armed = false;
    line = connect();
    // Should it fail, the next look finds out: postgres.js tries again for itself only where it listened once.
    line.listening.catch(() => undefined);
    void sql.end({ timeout: 0 });
  };
  /** Undefined when there was no answer in time: then everything is connected anew. */
  const inTime = async <T>(answer: PromiseLike<T>): Promise<T | undefined> => {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, answerMsMax, undefined);
    const given = await Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
    if (given === undefined) renew();
    return given;
  };
  return {
    isArmed: () => armed,
    async arm() {
      const { sql } = line;
      const rows = await inTime(sql`select pg_try_advisory_lock(${LOCK[0]}::integer, ${LOCK[1]}::integer) as armed`);
      armed = rows?.[0]?.armed === true && line.sql === sql;
      return armed;
    },
    disarm() {
      if (!armed) return;
      armed = false;
      // A lost connection has released the lock already.
      line.sql`select pg_advisory_unlock(${LOCK[0]}::integer, ${LOCK[1]}::integer)`.catch(() => undefined);
    },
    async check() {
      const { sql, listening } = line;
      const isListening = await inTime(
        listening.then(
          () => true,
          () => undefined,
        ),
      );
      if (isListening && line.sql === sql) await inTime(sql`select 1`);
    },
    async stop() {
      const { sql, listening } = line;
      const unlisten = listening.then(({ unlisten }) => unlisten()).catch(() => undefined);
      await Promise.race([unlisten, Bun.sleep(1_000)]);
      await sql.end({ timeout: 1 });
    },
  };
}
