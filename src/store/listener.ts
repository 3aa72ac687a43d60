// Keeps one session that listens, proves now and then that it does, and replaces it when it is lost, silent or deaf.
import { isLoss } from './call_pool.ts';
import type { Sql, SqlOptions } from './sql.ts';

/** See `openListener`. */
export type Listener = {
  /**
   * Asks the session that listens. Undefined while there is none, and when it is lost or does not answer in time: then another
   * is opened, and whatever belonged to the session is gone. Rejects when the server refuses the statement.
   */
  ask<T>(question: (sql: Sql) => PromiseLike<T>): Promise<T | undefined>;
  stop(): Promise<void>;
};

/** How often a proof is asked for, and how long it may take, in milliseconds: 5 s each. */
export type ListenerTimes = { checkMs?: number | undefined; answerMsMax?: number | undefined };

export type ListenerOptions = ListenerTimes & {
  /** Opens a client with one connection; it is never used again after a loss. */
  open(options: Required<Pick<SqlOptions, 'max' | 'fetchTypes' | 'onClose' | 'onNotify'>>): Sql;
  /** Who is told of the payloads, by channel. */
  channels: Readonly<Record<string, (payload: string) => void>>;
  /** A session listens, for the first time or again. What was announced before that was missed. */
  onOpen(): void;
  /** The session was lost or given up. */
  onLoss?(): void;
  /** Announcements may be missed by now, and nobody knows when that ends: a session was silent, or the server refuses us. */
  onDoubt?(): void;
};

type Line = { sql: Sql; isProven: boolean; lost: PromiseWithResolvers<void>; isLost: boolean };

const CHECK_MS = 5_000;
const ANSWER_MS_MAX = 5_000;
const RETRY_MS_MAX = 250;

/**
 * Listens until stopped. What the session itself lists as its channels, in the stream that notifications come by, is the proof:
 * it takes no lock and wakes nobody, as a notification to oneself would. It is asked for at once where a session was opened, so
 * that one that was never told to listen is not believed, and then at intervals, for a firewall says nothing when it forgets.
 * postgres.js listens anew by itself, but may take the end of one session for the answer to the `listen` of the next.
 * @throws Error when the first session cannot be had
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const keeper = new Keeper(options);
  await keeper.begin();
  const ended = keeper.run();
  return {
    ask: (question) => keeper.ask(question),
    async stop() {
      await keeper.stop();
      await ended;
    },
  };
}

class Keeper {
  readonly #o: ListenerOptions;
  readonly #answerMsMax: number;
  readonly #checkMs: number;
  readonly #stopping = Promise.withResolvers<void>();
  #isStopped = false;
  #line: Line;

  constructor(options: ListenerOptions) {
    this.#o = options;
    this.#answerMsMax = options.answerMsMax ?? ANSWER_MS_MAX;
    this.#checkMs = options.checkMs ?? CHECK_MS;
    this.#line = this.#open();
  }

  /** Without a proof in time it goes on, in doubt. */
  async begin(): Promise<void> {
    try {
      await this.#prove(this.#line);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** After a loss at once; then ever more rarely, but often enough that nobody waits for it. */
  async run(): Promise<void> {
    for (let failures = 0; !this.#isStopped; ) {
      const line = this.#line;
      await this.#sleep(line.isProven ? this.#checkMs : Math.min(20 * 2 ** failures, RETRY_MS_MAX), line);
      if (this.#isStopped) return;
      // After a loss this is another one than before, and its first proof makes it listen.
      const isHeard = await this.#prove(this.#line).catch(() => false);
      failures = isHeard ? 0 : Math.min(failures + 1, 10);
    }
  }

  async ask<T>(question: (sql: Sql) => PromiseLike<T>): Promise<T | undefined> {
    const line = this.#line;
    return line.isProven ? this.#inTime(line, question(line.sql)) : undefined;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopping.resolve();
    this.#line.lost.resolve();
    await this.#line.sql.end({ timeout: 1 });
  }

  #open(): Line {
    const sql = this.#o.open({
      max: 1,
      fetchTypes: false,
      onClose: () => {
        // Until it listens postgres.js may connect as often as it likes: the answer tells what came of it.
        if (line.isProven) this.#lose(line);
      },
      onNotify: (channel, payload) => {
        if (!line.isLost) this.#o.channels[channel]?.(payload);
      },
    });
    const line: Line = { sql, isProven: false, lost: Promise.withResolvers(), isLost: false };
    return line;
  }

  /** False when it was not heard in time, or lists other channels. Rejects when it cannot be opened. */
  async #prove(line: Line): Promise<boolean> {
    const names = Object.keys(this.#o.channels);
    try {
      const listed = await this.#inTime(line, this.#list(line, names));
      if (listed !== undefined && names.every((name) => listed.includes(name))) {
        if (!line.isProven) {
          line.isProven = true;
          this.#o.onOpen();
        }
        return true;
      }
      // Of those that were not lost meanwhile: the server answers, and yet we hear nothing.
      this.#lose(line, true);
      return false;
    } catch (error) {
      this.#lose(line, isRefusal(error));
      throw error;
    }
  }

  async #list({ sql, isProven }: Line, names: readonly string[]): Promise<string[]> {
    // In one statement: who hears one channel hears all.
    if (!isProven) await sql.unsafe(names.map((name) => `listen "${name}"`).join('; '));
    const rows = await sql<{ name: string }[]>`select pg_catalog.pg_listening_channels() as name`;
    return rows.map(({ name }) => name);
  }

  async #inTime<T>(line: Line, answer: PromiseLike<T>): Promise<T | undefined> {
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(late.resolve, this.#answerMsMax, 'late' as const);
    // Both what it gives and why it fails come too late once the line is lost.
    const given = Promise.resolve(answer).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const first = await Promise.race([given, late.promise, line.lost.promise]).finally(() => clearTimeout(timer));
    if (first === 'late') this.#lose(line, line.isProven);
    if (line.isLost || typeof first !== 'object') return undefined;
    if ('error' in first) throw first.error;
    return first.value;
  }

  /** It is given up with all that postgres.js remembers of it. */
  #lose(line: Line, isDoubtful = false): void {
    if (line.isLost || this.#isStopped) return;
    line.isLost = true;
    this.#line = this.#open();
    line.lost.resolve();
    line.sql.end({ timeout: 0 }).catch(() => undefined);
    this.#o.onLoss?.();
    if (isDoubtful) this.#o.onDoubt?.();
  }

  async #sleep(ms: number, { lost }: Line): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, lost.promise, this.#stopping.promise]);
    clearTimeout(timer);
  }
}

/** The server answers, so that others may change what we do not hear of; one that starts or stops changes nothing. */
function isRefusal(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === 'PostgresError' && !isLoss(error) && !/^57P/.test(String(code));
}
