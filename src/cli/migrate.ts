// `tocsin migrate`: brings the database to this version's schema and ends.
import { openDatabase, startProgram } from './program.ts';

/** Migrates and leaves; the log says what was done. Resolves with the exit code. */
export async function runMigrate(): Promise<number> {
  const program = startProgram();
  try {
    await openDatabase(program);
    program.log.info('the schema is up to date');
  } finally {
    await program.shutdown.run('done');
  }
  return 0;
}
