// Applies SQL files within the transaction of an upgrade, whatever order they need among themselves.
import { fileError, MigrateError, type SqlFailure } from './migrate_error.ts';
import type { SqlFile } from './sql_sources.ts';
import type { Tx } from './sql.ts';

/**
 * Applies one file, all of it or nothing.
 * @throws MigrateError that names the file and the line
 */
export async function applyFile(tx: Tx, file: SqlFile): Promise<void> {
  const failure = await tryFile(tx, file);
  if (failure) throw fileError(file, failure);
}

/**
 * Applies files until none is left, putting off those that need an object of a later one.
 * @param replace called when an object exists in a form that its file cannot replace; it removes what is in the way, and
 * returns the names of all objects that it removed, whose files are applied again
 * @throws MigrateError when a round brings no progress, with every file that is left and why
 */
export async function applyFiles(
  tx: Tx,
  files: SqlFile[],
  replace?: (file: SqlFile) => Promise<string[]>,
): Promise<void> {
  let waiting = files;
  while (waiting.length > 0) {
    const failures = new Map<SqlFile, SqlFailure>();
    const again = new Set<string>();
    for (const file of waiting) {
      let failure = await tryFile(tx, file);
      if (failure && replace && irreplaceable.has(failure.code ?? '')) {
        for (const name of await replace(file)) if (name !== file.name) again.add(name);
        failure = await tryFile(tx, file);
      }
      if (failure && !missing.has(failure.code ?? '')) throw fileError(file, failure);
      if (failure) failures.set(file, failure);
    }
    if (failures.size === waiting.length && again.size === 0) {
      throw new MigrateError([...failures].map(([file, failure]) => fileError(file, failure).message).join('\n'));
    }
    waiting = files.filter((file) => failures.has(file) || again.has(file.name));
  }
}

// Undefined function, table, object, column, schema: a later file may bring it.
const missing = new Set(['42883', '42P01', '42704', '42703', '3F000']);

// Invalid function definition (its result, or a name of its parameters, differs), invalid table definition (a view's
// columns differ), wrong object type (a view that was a function): "create or replace" cannot do it.
const irreplaceable = new Set(['42P13', '42P16', '42809']);

async function tryFile(tx: Tx, file: SqlFile): Promise<SqlFailure | undefined> {
  try {
    await tx.savepoint((savepoint) => savepoint.unsafe(file.text).simple());
    return undefined;
  } catch (error) {
    // Anything without an SQLSTATE is not the file's fault: the connection broke, or this program is wrong.
    if (!/^[0-9A-Z]{5}$/.test((error as SqlFailure).code ?? '')) throw error;
    return error as SqlFailure;
  }
}
