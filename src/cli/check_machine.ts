// Checks of `tocsin doctor` that need no database: keys, files, disk, port, and who is to be told of what happens.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { type Finding, failure, ok, sizeOf, warning } from './checkup.ts';

const CONNECT_MS_MAX = 2_000;
const FREE_BYTES_MIN = 1024 ** 3;
/** A key of fewer different characters was not made by chance. */
const VARIETY_MIN = 10;

export function checkKeys({ environment, secretKey, encryptionKey }: Config): Finding[] {
  const found: Finding[] = [];
  const newKey = 'openssl rand -base64 48 makes a good one.';
  for (const [name, key] of Object.entries({ SECRET_KEY: secretKey, ENCRYPTION_KEY: encryptionKey })) {
    if (key !== undefined && new Set(key).size < VARIETY_MIN)
      found.push(warning('secrets', `${name} is easily guessed: it has few different characters.`, newKey));
  }
  if (secretKey !== undefined && secretKey === encryptionKey) {
    const advice = 'Give them different values: add the new ENCRYPTION_KEY before the old, then tocsin reencrypt.';
    found.push(warning('secrets', 'SECRET_KEY and ENCRYPTION_KEY are the same.', advice));
  } else if (environment === 'production' && encryptionKey === undefined) {
    const advice = 'Set ENCRYPTION_KEY, then tocsin reencrypt: so a new SECRET_KEY will not lock the webhook secrets.';
    found.push(
      warning('secrets', 'Webhook secrets are sealed with SECRET_KEY, as there is no ENCRYPTION_KEY.', advice),
    );
  }
  for (const name of ['secret.key', 'encryption.key']) {
    const path = join(process.cwd(), '.tocsin', name);
    if (existsSync(path) && (statSync(path).mode & 0o077) !== 0)
      found.push(warning('secrets', `.tocsin/${name} can be read by others.`, `chmod 600 .tocsin/${name}`));
  }
  if (found.length > 0) return found;
  const length = secretKey === undefined ? 'made by the server, in .tocsin' : `${Buffer.byteLength(secretKey)} bytes`;
  return [ok('secrets', `SECRET_KEY: ${length}`)];
}

export function checkLogFile({ logFile }: Config): Finding[] {
  if (logFile === undefined) return [ok('log file', 'none: the log goes to standard output')];
  const target = existsSync(logFile) ? logFile : dirname(resolve(logFile));
  try {
    accessSync(target, constants.W_OK);
  } catch {
    return [
      failure(
        'log file',
        `LOG_FILE cannot be written: ${target}`,
        'Make its folder, writable for the user of the server.',
      ),
    ];
  }
  return [checkSpace('log file', dirname(resolve(logFile)))];
}

/** Of the folder's file system. */
export function checkSpace(check: string, folder: string): Finding {
  const disk = statfsSync(folder);
  return judgeSpace(check, folder, disk.bavail * disk.bsize, disk.blocks * disk.bsize);
}

/** In bytes. */
export function judgeSpace(check: string, folder: string, free: number, size: number): Finding {
  const detail = `${sizeOf(free)} of ${sizeOf(size)} free in ${folder}`;
  const advice = 'Make room, or move it to a larger disk; RETENTION_DAYS says how long alerts are kept.';
  if (free < FREE_BYTES_MIN / 4) return failure(check, detail, advice);
  return free < FREE_BYTES_MIN || free < size / 20 ? warning(check, detail, advice) : ok(check, detail);
}

/**
 * Of PostgreSQL's files, where they lie on this machine.
 * @param directory undefined where the server does not say
 */
export function checkDatabaseDisk(host: string, directory: string | undefined): Finding {
  const isHere = host.startsWith('/') || ['localhost', '127.0.0.1', '::1'].includes(host);
  if (isHere && directory !== undefined && existsSync(directory)) return checkSpace('disk', directory);
  if (isHere && directory === undefined)
    return ok(
      'disk',
      'PostgreSQL does not tell this user where its files are: grant pg_monitor to it, or watch it there',
    );
  return ok('disk', "PostgreSQL's cannot be seen from here: watch it there");
}

/** Free, or served by a Tocsin already. */
export async function checkPort({ apiHost, apiPort }: Config): Promise<Finding> {
  const host = apiHost.replace(/^\[|\]$/g, '');
  const reason = await tryListen(host, apiPort);
  if (reason === undefined) return ok('port', `${apiHost}:${apiPort} is free`);
  if (reason === 'EACCES')
    return failure('port', `This user may not listen on port ${apiPort}.`, 'Choose one from 1024 on, behind a proxy.');
  if (reason !== 'EADDRINUSE')
    return failure(
      'port',
      `${apiHost} is no address of this machine (${reason}).`,
      'Set API_HOST to one, or to 0.0.0.0.',
    );
  const near = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
  const url = `http://${near.includes(':') ? `[${near}]` : near}:${apiPort}/health`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(CONNECT_MS_MAX) })
    .then((response) => response.json() as Promise<{ status?: string }>)
    .catch(() => undefined);
  if (answer?.status === 'healthy') return ok('port', `${apiHost}:${apiPort} is served by a Tocsin`);
  return failure('port', `Another program listens on ${apiHost}:${apiPort}.`, 'Stop it, or set API_PORT.');
}

function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}

/** Whether somebody listens where spans and errors are to go. They may be away: then they hear nothing, and nothing else happens. */
export async function checkListeners({ otelEndpoint, sentryDsn }: Config): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const [check, variable, address] of [
    ['tracing', 'OTEL_EXPORTER_OTLP_ENDPOINT', otelEndpoint],
    ['error reports', 'SENTRY_DSN', sentryDsn],
  ] as const) {
    if (address === undefined) continue;
    const { protocol, hostname, port } = new URL(address);
    const isThere = await canConnect(hostname, Number(port || (protocol === 'https:' ? 443 : 80)));
    found.push(
      isThere
        ? ok(check, `${hostname} can be reached`)
        : warning(check, `Nobody listens at the ${hostname} of ${variable}.`, `Start it, or correct ${variable}.`),
    );
  }
  return found;
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, timeout: CONNECT_MS_MAX });
    const end = (isThere: boolean) => {
      socket.destroy();
      done(isThere);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
