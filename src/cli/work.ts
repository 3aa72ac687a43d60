// `tocsin work`: delivers what is due, without the HTTP API; any number may run on one database.
import { startWorkerHttp } from '../http/worker_app.ts';
import { callNames, makeApi } from '../store/api.ts';
import { meterCalls } from '../store/call_meter.ts';
import { Epochs } from '../store/epochs.ts';
import type { Meters } from '../store/meters.ts';
import { startHearing } from './cache.ts';
import { startCredentials } from './credentials.ts';
import { startDelivery } from './delivery.ts';
import { openMeters, watchProgram } from './metrics.ts';
import { type Database, openDatabase, type Program, startProgram } from './program.ts';
import { startSelfWatch } from './self_watch.ts';
import { startProgramTracing } from './tracing.ts';

/** A scrape or a probe waits no longer for the database. */
const CALL_MS_MAX = 2_000;

/** Works until a signal comes. */
export async function runWork(): Promise<void> {
  const program = startProgram();
  await startProgramTracing(program);
  const database = await openDatabase(program);
  const meters = openMeters(program.config);
  await startDelivery(program, database, meters);
  watchProgram(program, meters);
  startSelfWatch(program, database, { meters, name: 'worker' });
  await startMetrics(program, database, meters);
}

/** With METRICS_PORT, tells of this worker there. */
async function startMetrics(program: Program, database: Database, meters: Meters): Promise<void> {
  const { config, log, shutdown } = program;
  if (config.metricsPort === undefined) return;
  const { pool, sql } = database;
  const counting = { meters, pool: 'api', max: config.dbPoolMax, names: callNames } as const;
  const api = meterCalls(makeApi(pool, { deadlineMs: CALL_MS_MAX }), counting);
  const epochs = new Epochs();
  await startHearing(program, database, epochs, undefined);
  const callers = startCredentials(program, { epochs, redis: undefined }, api);
  const http = startWorkerHttp({ ...callers, config, sql, api, log, meters }, config.metricsPort);
  shutdown.add('metrics', () => http.stop());
  log.info('serving metrics', { url: http.url });
}
