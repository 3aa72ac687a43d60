// Reads the environment into one frozen, checked object: the only file that looks at process.env.
import ipaddr from 'ipaddr.js';
import type { LogLevel } from './log.ts';
import { EnvReader } from './env_reader.ts';
import { readJwks, readPublicKey } from './public_keys.ts';

/** Everything that can be set from outside. Times carry their unit; what is undefined is off. */
export interface Config {
  environment: 'development' | 'production';
  /** A PostgreSQL server of the user's; without one Tocsin starts its embedded one. */
  databaseUrl: string | undefined;
  /** To go back to this version: starts on a database that a newer one has upgraded, and rebuilds all but its tables. */
  allowNewerSchema: boolean;
  dbPoolMin: number;
  dbPoolMax: number;
  apiHost: string;
  apiPort: number;
  apiWorkers: number;
  logLevel: LogLevel;
  logFile: string | undefined;
  debug: boolean;
  cacheEnabled: boolean;
  cacheTtlSeconds: number;
  cacheMaxItems: number;
  redisUrl: string | undefined;
  /** Where the processes of one server share the counters of their caches; set by the one that starts them. */
  epochsFile: string | undefined;
  /** Which of the processes of one server this is; set by the one that starts them, and undefined when there is none. */
  seat: number | undefined;
  /** Signs tokens; at least 32 bytes in production. */
  secretKey: string | undefined;
  /** Tokens must name it as `iss` · as one of `aud`. */
  jwtIssuer: string | undefined;
  jwtAudience: string | undefined;
  /** Verifies tokens of another issuer: PEM text, or the path of a PEM file · the path of a JWKS file. */
  jwtPublicKey: string | undefined;
  jwtJwksFile: string | undefined;
  /** Encrypts webhook secrets and headers at rest. */
  encryptionKey: string | undefined;
  corsOrigins: readonly string[];
  /** Requests per window and caller. */
  rateLimit: number;
  /** The same for requests without credentials, in development: as good as none unless RATE_LIMIT is set. */
  rateLimitDevelopment: number;
  rateLimitWindowSeconds: number;
  /** Deliveries in flight at most, per process. */
  workerConcurrency: number;
  /** Where `tocsin work` tells of itself; nowhere by default. */
  metricsPort: number | undefined;
  /** How often Tocsin looks whether all is well with itself; 0 means never. */
  selfWatchSeconds: number;
  /** Alerts and their delivery log are dropped after this long. */
  retentionDays: number;
  /** Networks in CIDR form, or single addresses, that webhooks may reach although they are private. */
  allowedNetworks: readonly string[];
  sentryDsn: string | undefined;
  /** A collector's address for OTLP over HTTP · which part of the traces that begin here is kept, from 0 to 1. */
  otelEndpoint: string | undefined;
  otelRatio: number;
}

/** Numbers of `seat`: at most so many processes make one server. */
export const SEATS = 512;
const RATE_LIMIT_MAX = 1_000_000_000;
const redisProtocols = ['redis:', 'rediss:', 'redis+cluster:', 'redis+sentinel:'];

/** A wrong environment: one message that names every wrong variable and what is expected of it. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  constructor(public readonly problems: readonly string[]) {
    super(`The environment is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/**
 * Reads and checks every variable at once. An empty variable counts as missing.
 * @throws ConfigError
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const read = new EnvReader(env);
  const databaseUrl = read.url(env.DATABASE_URL ? 'DATABASE_URL' : 'PGGIT_DATABASE_URL', ['postgres:', 'postgresql:']);
  const isHosted = Boolean(env.DATABASE_URL || env.PGGIT_DATABASE_URL);
  const environment = read.oneOf(
    'ENVIRONMENT',
    ['development', 'production'] as const,
    isHosted ? 'production' : 'development',
  );
  const isProduction = environment === 'production';
  const debug = read.flag('DEBUG', false);
  const config: Config = {
    environment,
    databaseUrl,
    allowNewerSchema: read.flag('ALLOW_NEWER_SCHEMA', false),
    dbPoolMin: read.integer('DB_POOL_MIN', 10, 0, 1_000),
    dbPoolMax: read.integer('DB_POOL_MAX', 50, 2, 1_000),
    apiHost: read.text('API_HOST') ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    apiPort: read.integer('API_PORT', 8000, 0, 65_535),
    apiWorkers: read.integer('API_WORKERS', isProduction ? 4 : 1, 1, 256),
    logLevel: readLogLevel(read, debug),
    logFile: read.text('LOG_FILE'),
    debug,
    cacheEnabled: read.flag('CACHE_ENABLED', true),
    cacheTtlSeconds: read.integer('CACHE_TTL_SECONDS', 60, 1, 86_400),
    cacheMaxItems: read.integer('CACHE_MAX_ITEMS', 10_000, 1, 10_000_000),
    redisUrl: readRedisUrl(read),
    epochsFile: read.text('TOCSIN_EPOCHS_FILE'),
    seat: read.text('TOCSIN_SEAT') === undefined ? undefined : read.integer('TOCSIN_SEAT', 0, 0, SEATS - 1),
    secretKey: readKey(read, 'SECRET_KEY', isProduction),
    jwtIssuer: read.text('JWT_ISSUER'),
    jwtAudience: read.text('JWT_AUDIENCE'),
    jwtPublicKey: read.text('JWT_PUBLIC_KEY'),
    jwtJwksFile: read.text('JWT_JWKS_FILE'),
    encryptionKey: readKey(read, 'ENCRYPTION_KEY', false, true),
    corsOrigins: read.list(
      'CORS_ORIGINS',
      ['http://localhost:3000'],
      isOrigin,
      'origins like https://app.example.com, or *',
    ),
    rateLimit: read.integer('RATE_LIMIT', 100, 1, RATE_LIMIT_MAX),
    rateLimitDevelopment: RATE_LIMIT_MAX,
    rateLimitWindowSeconds: read.integer('RATE_LIMIT_WINDOW_SECONDS', 60, 1, 86_400),
    workerConcurrency: read.integer('WORKER_CONCURRENCY', 256, 1, 10_000),
    metricsPort: read.text('METRICS_PORT') === undefined ? undefined : read.integer('METRICS_PORT', 0, 0, 65_535),
    selfWatchSeconds: read.integer('SELF_WATCH_SECONDS', 10, 0, 3_600),
    retentionDays: read.integer('RETENTION_DAYS', 30, 1, 3_650),
    allowedNetworks: read.list('ALLOWED_NETWORKS', [], isNetwork, 'networks like 10.0.0.0/8 or fd00::/8'),
    sentryDsn: read.url('SENTRY_DSN', ['http:', 'https:']),
    otelEndpoint: read.url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:']),
    otelRatio: read.fraction('OTEL_TRACES_SAMPLER_ARG', 1),
  };
  if (config.dbPoolMin > config.dbPoolMax) read.wrong('DB_POOL_MIN', `at most DB_POOL_MAX (${config.dbPoolMax})`);
  if (read.text('RATE_LIMIT') !== undefined) config.rateLimitDevelopment = config.rateLimit;
  checkKeys(read, config);
  checkHost(read, config);
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return Object.freeze(config);
}

/** The whole environment with some variables changed: for a process that this one starts. */
export function environmentWith(changes: Readonly<Record<string, string>>): Record<string, string> {
  return { ...(process.env as Record<string, string>), ...changes };
}

function readLogLevel(read: EnvReader, debug: boolean): LogLevel {
  const names = ['DEBUG', 'INFO', 'WARNING', 'WARN', 'ERROR', 'CRITICAL'] as const;
  const levels = {
    DEBUG: 'debug',
    INFO: 'info',
    WARNING: 'warn',
    WARN: 'warn',
    ERROR: 'error',
    CRITICAL: 'error',
  } as const;
  return levels[read.oneOf('API_LOG_LEVEL', names, debug ? 'DEBUG' : 'INFO')];
}

/** Those of a cluster and of Sentinel name several servers, which makes them no URLs by the standard: each counts by itself. */
function readRedisUrl(read: EnvReader): string | undefined {
  const text = read.text('REDIS_URL');
  const [scheme = '', rest = ''] = text?.split('://', 2) ?? [];
  if (text === undefined || !/^redis\+(?:cluster|sentinel)$/.test(scheme)) return read.url('REDIS_URL', redisProtocols);
  const hosts = rest.slice(rest.lastIndexOf('@') + 1).split('/', 1)[0] ?? '';
  if (!hosts.split(',').every((host) => /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.test(host))) {
    read.wrong('REDIS_URL', `${scheme}://host:port,host:port`);
  }
  return text;
}

/** @param isList several between commas, each of them a key; an empty one counts as missing */
function readKey(read: EnvReader, name: string, isRequired: boolean, isList = false): string | undefined {
  const key = read.text(name);
  const keys = isList ? (key ?? '').split(',').map((one) => one.trim()) : [key ?? ''];
  const isLongEnough = keys.every((one) => (one === '' && isList) || Buffer.byteLength(one) >= 32);
  if (key === undefined ? isRequired : !isLongEnough) {
    const reason = isRequired ? ' in production; `openssl rand -base64 48` makes one' : '';
    read.wrong(name, `32 bytes or more${isList ? ', or several such keys between commas' : ''}${reason}`);
  }
  return key;
}

function checkKeys(read: EnvReader, { jwtPublicKey, jwtJwksFile }: Config): void {
  if (jwtPublicKey !== undefined && !readPublicKey(jwtPublicKey)) {
    read.wrong(
      'JWT_PUBLIC_KEY',
      'a public key in PEM form or a file with one: RSA of 2048 bits or more, P-256, or Ed25519',
    );
  }
  if (jwtJwksFile !== undefined && !readJwks(jwtJwksFile)?.length) {
    read.wrong('JWT_JWKS_FILE', 'a file with a JSON Web Key Set that has public RSA, P-256 or Ed25519 keys');
  }
}

/** Development lets requests without credentials in: nobody else may reach it. */
function checkHost(read: EnvReader, { environment, apiHost }: Config): void {
  if (environment === 'development' && !/^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(apiHost)) {
    read.wrong('API_HOST', 'a loopback address, such as 127.0.0.1, unless ENVIRONMENT=production');
  }
}

function isOrigin(text: string): boolean {
  if (text === '*') return true;
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
}

function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text) || ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}
