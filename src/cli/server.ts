// One process of a server: the HTTP API and a delivery worker.
import { readConfig } from '../config.ts';
import { startHttp } from '../http/app.ts';
import { callNames, makeApi } from '../store/api.ts';
import { meterCalls } from '../store/call_meter.ts';
import { startCopies } from './cache.ts';
import { startCredentials } from './credentials.ts';
import { makeProgramPing, openVault, startDelivery } from './delivery.ts';
import { makeLivePart } from './live.ts';
import { openMeters, watchProgram } from './metrics.ts';
import { openDatabase, type Program, startProgram } from './program.ts';
import { startSelfWatch } from './self_watch.ts';
import { startProgramTracing, tracedCalls } from './tracing.ts';
import { welcome } from './welcome.ts';

/** A request whose SQL function takes longer is answered with 503. */
const CALL_MS_MAX = 10_000;

/** Serves until a signal comes, or the supervisor that started it is gone. Without a worker only for benches of the API. */
export async function runServer({ hasWorker = true } = {}): Promise<void> {
  const isSupervised = readConfig().seat !== undefined;
  const program = startProgram(isSupervised ? { signals: firstSignals } : {});
  if (isSupervised) stopWithSupervisor(program);
  await startProgramTracing(program);
  const database = await openDatabase(program);
  const { config, log, shutdown } = program;
  // The worker stops after the API: what a last request raised is still sent.
  const meters = openMeters(config);
  if (hasWorker) await startDelivery(program, database, meters);
  const api = meterCalls(makeApi(database.pool, { deadlineMs: CALL_MS_MAX, ...tracedCalls(program.tracing) }), {
    meters,
    pool: 'api',
    max: config.dbPoolMax,
    names: callNames,
  });
  const copies = await startCopies(program, database);
  const options = {
    ...startCredentials(program, copies, api),
    cache: copies.cache,
    scoreboard: copies.scoreboard,
    config,
    sql: database.sql,
    api,
    vault: openVault(config),
    log,
    tracing: program.tracing,
    meters,
    ping: makeProgramPing(config, database),
  };
  const live = makeLivePart(options);
  const http = await startHttp({ ...options, live });
  watchProgram(program, meters, live.counts);
  // Of the processes of one server, the supervisor watches for all.
  if (!isSupervised) {
    startSelfWatch(program, database, { meters, board: copies.scoreboard, name: String(config.apiPort) });
  }
  shutdown.add('HTTP API', () => http.stop());
  if (isSupervised) {
    log.info('process ready', { seat: config.seat, pid: process.pid });
    process.send?.('ready');
  } else welcome(program, http.url);
  // Not awaited: who asks meanwhile is answered as ever.
  void http.warm();
}

/**
 * A process of several may be told to stop by its supervisor and by others too, such as the system that stops both: that is no
 * reason to stop at once.
 */
const firstSignals = {
  on(signal: string, listener: () => void): void {
    let isHeard = false;
    process.on(signal, () => {
      if (!isHeard) listener();
      isHeard = true;
    });
  },
};

function stopWithSupervisor({ shutdown }: Program): void {
  const stop = () => void shutdown.run('the supervisor is gone').then((code) => process.exit(code));
  process.on('disconnect', stop);
  if (!process.connected) stop();
}
