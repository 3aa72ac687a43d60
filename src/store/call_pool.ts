// The connections that calls go by: each is a client of postgres.js of its own, which is given up for good once it is lost.
import type postgres from 'postgres';
import { openSql, type Sql, type SqlOptions } from './sql.ts';

type Rows = Record<string, unknown>[];
type Query = postgres.PendingQuery<Rows> & { strings: string[]; state: unknown; handler: () => void };

/** One statement that was asked for. */
export interface Asked {
  answer: Promise<Rows>;
  /**
   * Keeps one that has not been sent from doing its work long after its caller was told that it failed. One that was sent goes
   * on, and keeps its connection until the answer.
   */
  withdraw(): void;
}

interface Line {
  sql: Sql;
  readonly underWay: Set<Waiting>;
  /** Whether a statement was sent by it: before that, postgres.js may connect it as often as it likes. */
  isUsed: boolean;
  /** How many losses there had been when it was opened. */
  lossCount: number;
  isLost: boolean;
}

interface Waiting {
  text: string;
  given: unknown[];
  attempt: number;
  isWithdrawn: boolean;
  /** As postgres.js knows it, once it has a connection. */
  query: Query | undefined;
  resolve(rows: Rows): void;
  reject(error: unknown): void;
}

const ATTEMPTS_MAX = 3;
/** Where all connections are busy, statements follow each other without waiting for answers, but no slow one holds up many. */
const UNDER_WAY_MAX = 4;

/**
 * A pool for calls. The pool of postgres.js connects a lost connection again, but forgets to forget: a statement that it had
 * buffered as the connection closed stops every later one from being sent, for ten seconds and more, and the error that ended the
 * old session becomes the answer to the first statement of the new one. Here neither can be: nothing is asked by what was lost.
 * Of a statement that a connection takes with it nobody knows what has become, unless it had not been sent: that goes by another.
 */
export class CallPool {
  /** The parameter of postgres.js for JSON. */
  readonly json: Sql['json'];
  /** The one used last is taken first: its session still has plans and catalogue in the processor's caches. */
  readonly #idle: Line[] = [];
  readonly #busy = new Set<Line>();
  /** Each belongs to a request that is open, or to a loop: there are never more than of those. */
  readonly #waiting: Waiting[] = [];
  #lossCount = 0;
  /** Of a connection that has asked the server for its types: the others need not, and are made in one round trip less. */
  #learned: Sql['options'] | undefined;
  #isEnded = false;

  /**
   * Connects when it is asked.
   * @param max connections at most
   * @throws Error when the address is not a URL
   */
  constructor(
    readonly url: string,
    readonly max: number,
    readonly options: Omit<SqlOptions, 'max' | 'onClose'> = {},
  ) {
    const first = this.#open();
    this.#idle.push(first);
    this.json = first.sql.json;
  }

  /** Sends the statement when a connection is free. The arguments are read when it is sent. */
  ask(text: string, given: unknown[]): Asked {
    const { promise, resolve, reject } = Promise.withResolvers<Rows>();
    const asked: Waiting = { text, given, attempt: 1, isWithdrawn: false, query: undefined, resolve, reject };
    this.#give(asked);
    return { answer: promise, withdraw: () => this.#withdraw(asked) };
  }

  /** Lets what is under way end for at most so many seconds; what waits for a connection is refused at once. */
  async end({ timeout }: { timeout: number }): Promise<void> {
    this.#isEnded = true;
    for (const { reject } of this.#waiting.splice(0)) reject(ended());
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map(({ sql }) => sql.end({ timeout })));
  }

  #open(): Line {
    const onClose = () => {
      if (line.isUsed) this.#lose(line);
    };
    const sql = openSql(this.url, { ...this.options, max: 1, onClose });
    if (this.#learned !== undefined) {
      Object.assign(sql.options.parsers, this.#learned.parsers);
      Object.assign(sql.options.serializers, this.#learned.serializers);
      Object.assign(sql.options, { fetch_types: false });
    }
    const line: Line = {
      sql,
      underWay: new Set(),
      isUsed: false,
      lossCount: this.#lossCount,
      isLost: false,
    };
    return line;
  }

  #give(asked: Waiting): void {
    const line = this.#isEnded ? undefined : this.#freeLine();
    if (line !== undefined) this.#send(line, asked);
    else if (this.#isEnded) asked.reject(ended());
    else this.#waiting.push(asked);
  }

  #freeLine(): Line | undefined {
    return this.#idle.pop() ?? (this.#busy.size < this.max ? this.#open() : this.#leastBusy());
  }

  /** None that is still connecting: what waits for it could not be taken back. */
  #leastBusy(): Line | undefined {
    let found: Line | undefined;
    let least = UNDER_WAY_MAX;
    for (const line of this.#busy) {
      if (!line.isUsed || this.#isDoubtful(line) || line.underWay.size >= least) continue;
      found = line;
      least = line.underWay.size;
    }
    return found;
  }

  #send(line: Line, asked: Waiting): void {
    this.#busy.add(line);
    line.underWay.add(asked);
    const query = line.sql.unsafe(asked.text, asked.given as never[], { prepare: true, simple: false } as never);
    asked.query = query as unknown as Query;
    query.then(
      (rows) => {
        line.isUsed = true;
        this.#learned ??= line.sql.options;
        asked.resolve(rows as Rows);
        this.#free(line, asked);
      },
      (error: unknown) => this.#fail(line, asked, error),
    );
  }

  #fail(line: Line, asked: Waiting, error: unknown): void {
    const isSent = asked.query?.state !== null;
    if (isSent) line.isUsed = true;
    const isRecalled = !isSent && line.isLost;
    if (!isUsable(error, isSent)) this.#lose(line);
    this.#free(line, asked);
    const isRefused = isSent || !(isRecalled || (isLoss(error) && asked.attempt++ < ATTEMPTS_MAX));
    if (isRefused || asked.isWithdrawn) asked.reject(error);
    else {
      asked.query = undefined;
      this.#give(asked);
    }
  }

  #free(line: Line, asked: Waiting): void {
    line.underWay.delete(asked);
    if (line.isLost || line.underWay.size === 0) this.#busy.delete(line);
    if (!line.isLost && line.underWay.size === 0) {
      if (this.#isDoubtful(line)) this.#giveUp(line);
      else this.#idle.push(line);
    }
    while (this.#waiting.length > 0) {
      const free = this.#freeLine();
      if (free === undefined) break;
      this.#send(free, this.#waiting.shift() as Waiting);
    }
  }

  /**
   * What took one may have taken all, and closed sockets are noticed one by one: nothing more is asked by any that there was
   * then. Those that are idle are given up now, the others as soon as they have answered.
   */
  #lose(line: Line): void {
    if (line.isLost) return;
    this.#lossCount++;
    this.#giveUp(line);
    for (const other of this.#idle.splice(0)) this.#giveUp(other);
  }

  #isDoubtful(line: Line): boolean {
    return line.lossCount !== this.#lossCount;
  }

  #giveUp(line: Line): void {
    line.isLost = true;
    // What postgres.js keeps for when the connection is free, or has not taken yet, would make it connect again.
    for (const { query } of line.underWay) {
      if (query?.state !== null) continue;
      query.handler = () => undefined;
      query.cancel();
    }
    line.sql.end({ timeout: 0 }).catch(() => undefined);
  }

  #withdraw(asked: Waiting): void {
    asked.isWithdrawn = true;
    if (asked.query !== undefined) withdraw(asked.query, asked.given);
    const place = this.#waiting.indexOf(asked);
    if (place >= 0) this.#waiting.splice(place, 1);
  }
}

/**
 * Makes a query that still waits for a connection one that does nothing: postgres.js reads text and arguments when it sends. Its
 * own `cancel` would leave the connection unusable that was being opened for the query.
 */
export function withdraw(query: unknown, given: unknown[]): void {
  (query as { strings: string[] }).strings[0] = 'select';
  given.length = 0;
}

/** Whether the connection was lost with what was asked by it, by what the server, postgres.js or the system say. */
export function isLoss(error: unknown): boolean {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  if (/^(?:CONNECTION_CLOSED|CONNECTION_DESTROYED|ECONNRESET|EPIPE)$/.test(String(code))) return true;
  // 57P03 comes from a server that accepts nobody yet, 08 from a pooler that has lost the server behind it.
  return (/^57P0[125]$/.test(String(code)) && severity !== 'ERROR') || /^08/.test(String(code));
}

/** Whether the connection can be used after the error: the server refused the statement, or the connection never came to be. */
function isUsable(error: unknown, isSent: boolean): boolean {
  const { name, severity, syscall } = (error ?? {}) as { name?: unknown; severity?: unknown; syscall?: unknown };
  if (name === 'PostgresError') return severity === 'ERROR' || !isSent;
  return !isSent && (syscall === 'connect' || syscall === 'getaddrinfo');
}

function ended(): Error {
  return Object.assign(new Error('The connections to the database have been closed.'), { code: 'CONNECTION_ENDED' });
}
