// `tocsin work`: delivers what is due, without the HTTP API; any number may run on one database.
import { readConfig } from '../config.ts';
import { startDelivery } from './delivery.ts';
import { raiseFetchMax } from './fetch_limit.ts';
import { openDatabase, startProgram } from './program.ts';
import { startProgramTracing } from './tracing.ts';

/** Works until a signal comes. */
export async function runWork(): Promise<void> {
  raiseFetchMax(readConfig());
  const program = startProgram();
  await startProgramTracing(program);
  await startDelivery(program, await openDatabase(program));
}
