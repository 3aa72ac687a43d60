// `tocsin serve`: the HTTP API and a delivery worker in one program; all that one needs.
import { startHttp } from '../http/app.ts';
import { makeApi } from '../store/api.ts';
import { startCopies } from './cache.ts';
import { startCredentials } from './credentials.ts';
import { makeProgramPing, openVault, startDelivery } from './delivery.ts';
import { makeLivePart } from './live.ts';
import { openDatabase, type Program, startProgram } from './program.ts';

/** A request whose SQL function takes longer is answered with 503. */
const CALL_MS_MAX = 10_000;

/** Serves until a signal comes. */
export async function runServe(): Promise<void> {
  const program = startProgram();
  const database = await openDatabase(program);
  const { config, log, shutdown } = program;
  // The worker stops after the API: what a last request raised is still sent.
  await startDelivery(program, database);
  const api = makeApi(database.sql, { deadlineMs: CALL_MS_MAX });
  const copies = await startCopies(program, database);
  const options = {
    ...startCredentials(program, copies, api),
    cache: copies.cache,
    config,
    sql: database.sql,
    api,
    vault: openVault(config),
    log,
    ping: makeProgramPing(config, database),
  };
  const http = await startHttp({ ...options, live: makeLivePart(options) });
  shutdown.add('HTTP API', () => http.stop());
  welcome(program, http.url);
}

function welcome({ config, log }: Program, url: string): void {
  log.info('serving', { url });
  if (config.environment !== 'development') return;
  console.log(`
  Dashboard  ${url}/dashboard
  API        ${url}/api/v1
  Explore    ${url}/docs
  Health     ${url}/health/deep

  Raise an alert:
    curl ${url}/api/v1/alerts --json '{"message": "Hello"}'

  Ctrl-C stops; what is kept lies in .tocsin/ here.
`);
}
