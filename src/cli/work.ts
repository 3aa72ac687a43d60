// `tocsin work`: delivers what is due, without the HTTP API; any number may run on one database.
import { startDelivery } from './delivery.ts';
import { openDatabase, startProgram } from './program.ts';

/** Works until a signal comes. */
export async function runWork(): Promise<void> {
  const program = startProgram();
  await startDelivery(program, await openDatabase(program));
}
