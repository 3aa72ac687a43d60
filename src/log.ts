// Writes log lines: one JSON object each, or one readable line on a developer's terminal.
import { appendFile } from 'node:fs/promises';
import { redact } from './redact.ts';

/** Severities in rising order. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a line carries beside its message. An Error is written as its message and stack. */
export type LogFields = Record<string, unknown>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  child(fields: LogFields): Log;
  /** Resolves when everything written so far has left this program. */
  flush(): Promise<void>;
}

/** Where unexpected errors are told of, beside the log. */
export interface Reports {
  report(error: Error, message: string, fields: LogFields): void;
  flush(): Promise<void>;
}

export interface LogOptions {
  level?: LogLevel;
  /** Readable lines instead of JSON. */
  pretty?: boolean;
  /** Where a finished line goes, with its line feed; standard output by default. */
  write?: (line: string) => void | Promise<void>;
  /** Gets each line of level error that has an Error as its field `error`. */
  reports?: Reports | undefined;
}

/** Makes the log of a program, of a test, or of one part of either. */
export function createLog(options: LogOptions = {}): Log {
  const least = logLevels.indexOf(options.level ?? 'info');
  const format = options.pretty ? prettyLine : jsonLine;
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  let last: void | Promise<void>;

  const logWith = (base: LogFields): Log => {
    const emit = (level: LogLevel) => (message: string, fields?: LogFields) => {
      if (logLevels.indexOf(level) < least) return;
      const all = { ...base, ...fields };
      last = write(`${format(new Date(), level, message, all)}\n`);
      if (level === 'error' && all.error instanceof Error) options.reports?.report(all.error, message, reported(all));
    };
    return {
      debug: emit('debug'),
      info: emit('info'),
      warn: emit('warn'),
      error: emit('error'),
      child: (fields) => logWith({ ...base, ...fields }),
      flush: async () => {
        await last;
        await options.reports?.flush();
      },
    };
  };
  return logWith({});
}

/**
 * A `write` that appends to a file, in order, and never fails the caller: a full disk must not stop deliveries.
 * Several programs may append to one file: what is written at once, whole lines always, stays together. The file is opened for
 * each write, so that one that was renamed (logrotate) is left at once, without a signal.
 */
export function appendTo(path: string): (line: string) => Promise<void> {
  let queue = Promise.resolve();
  let waiting = '';
  return (line) => {
    // Lines that arrive while the disk is busy leave as one write; beyond the limit they are lost, not kept in memory.
    const isFirst = waiting === '';
    if (waiting.length < 8_000_000) waiting += line;
    if (isFirst) {
      queue = queue.then(async () => {
        const text = waiting;
        waiting = '';
        await appendFile(path, text).catch(() => undefined);
      });
    }
    return queue;
  };
}

// Fields by these names are never written or reported, whoever passes them.
const secretNames = new Set(['secret', 'secrets', 'password', 'token', 'authorization', 'api_key', 'database_url']);

function reported(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !secretNames.has(name)));
}

function plain(name: string, value: unknown): unknown {
  if (secretNames.has(name)) return '[secret]';
  if (value instanceof Error)
    return { name: value.name, message: redact(value.message), stack: value.stack && redact(value.stack) };
  if (typeof value === 'bigint') return Number(value);
  return value;
}

function jsonLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time: time.toISOString(), level, message, ...fields }, plain);
}

const colours: Record<LogLevel, string> = {
  debug: '\x1b[2m',
  info: '\x1b[36m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
};

function prettyLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields).map(([name, raw]) => {
    const value = plain(name, raw);
    if (raw instanceof Error) return `${name}=${redact(raw.stack ?? raw.message)}`;
    return `${name}=${typeof value === 'string' ? value : JSON.stringify(value, plain)}`;
  });
  return `${time.toISOString().slice(11, 23)} ${colours[level]}${level.padEnd(5)}\x1b[0m ${message} ${pairs.join(' ')}`.trimEnd();
}
