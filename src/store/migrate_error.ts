// The error that stops an upgrade, and the translation of SQL errors into it.
import type { SqlFile } from './sql_sources.ts';

/** An upgrade that must not go on. Its message says what is in the way and what to do; nothing was changed. */
export class MigrateError extends Error {
  override name = 'MigrateError';
}

/** The parts of a PostgreSQL error that an upgrade looks at. */
export interface SqlFailure extends Error {
  /** The SQLSTATE. */
  code?: string;
  detail?: string;
  hint?: string;
  /** Where in the statement's text, counted from 1. */
  position?: string;
}

/** Names the file and the line in which the server found an error. */
export function fileError(file: SqlFile, failure: SqlFailure): MigrateError {
  const line = failure.position ? `:${file.text.slice(0, Number(failure.position)).split('\n').length}` : '';
  const more = [failure.detail, failure.hint].filter(Boolean).map((text) => `\n  ${text}`);
  return new MigrateError(`sql/${file.path}${line}: ${failure.message}${more.join('')}`, { cause: failure });
}
