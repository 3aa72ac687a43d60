// The environment: its defaults, and the one message about everything that is wrong in it.
import { afterAll, describe, expect, test } from 'bun:test';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig } from '../src/config.ts';

const key = 'k'.repeat(32);
const hosted = { DATABASE_URL: 'postgres://u:pw@db/tocsin', SECRET_KEY: key };

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

const directory = mkdtempSync(join(tmpdir(), 'tocsin-config-'));
afterAll(() => rmSync(directory, { recursive: true }));
const fileOf = (name: string, text: string) => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
const pemOf = (publicKey: KeyObject) => publicKey.export({ format: 'pem', type: 'spki' }) as string;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('readConfig', () => {
  test('without any variable means development on loopback with the embedded database', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      environment: 'development',
      databaseUrl: undefined,
      apiHost: '127.0.0.1',
      apiPort: 8000,
      apiWorkers: 1,
      allowNewerSchema: false,
      dbPoolMin: 10,
      dbPoolMax: 50,
      logLevel: 'info',
      cacheEnabled: true,
      cacheTtlSeconds: 60,
      cacheMaxItems: 10_000,
      corsOrigins: ['http://localhost:3000'],
      rateLimit: 100,
      rateLimitWindowSeconds: 60,
      workerConcurrency: 256,
      retentionDays: 30,
      allowedNetworks: [],
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('with a database of its own means production on every address', () => {
    const config = readConfig(hosted);
    expect(config).toMatchObject({ environment: 'production', apiHost: '0.0.0.0', apiWorkers: 4 });
    expect(readConfig({ ...hosted, ENVIRONMENT: 'Development' }).environment).toBe('development');
  });

  test('takes the older name of the database variable, and prefers the newer', () => {
    expect(readConfig({ SECRET_KEY: key, PGGIT_DATABASE_URL: 'postgresql://a/b' }).databaseUrl).toBe(
      'postgresql://a/b',
    );
    expect(readConfig({ ...hosted, PGGIT_DATABASE_URL: 'postgres://a/b' }).databaseUrl).toBe(hosted.DATABASE_URL);
  });

  test('in production refuses a missing key and one below 32 bytes', () => {
    expect(problemsOf({ DATABASE_URL: hosted.DATABASE_URL })[0]).toStartWith('SECRET_KEY must be 32 bytes or more');
    expect(problemsOf({ ENVIRONMENT: 'production', SECRET_KEY: 'k'.repeat(31) })).toHaveLength(1);
    expect(problemsOf({ ENVIRONMENT: 'production', SECRET_KEY: 'é'.repeat(16) })).toEqual([]);
  });

  test('wants 32 bytes of each key of ENCRYPTION_KEY, not of all together', () => {
    expect(problemsOf({ ...hosted, ENCRYPTION_KEY: `${key}, ${'o'.repeat(32)}` })).toEqual([]);
    const [problem] = problemsOf({ ...hosted, ENCRYPTION_KEY: `${key},short` });
    expect(problem).toStartWith('ENCRYPTION_KEY must be 32 bytes or more, or several such keys between commas');
    expect(problem).not.toContain('short');
  });

  test('names every wrong variable in one message, and shows no value', () => {
    const wrong = {
      DATABASE_URL: 'mysql://u:hunter2@db/x',
      SECRET_KEY: 'hunter2',
      REDIS_URL: 'redis:hunter2@cache',
      API_PORT: '65536',
      DB_POOL_MIN: '60',
      CACHE_ENABLED: 'perhaps',
      CORS_ORIGINS: '["https://a.example/path"]',
      ALLOWED_NETWORKS: '10.0.0.0/8,hunter2',
      API_LOG_LEVEL: 'loud',
      RETENTION_DAYS: '-1',
      WORKER_CONCURRENCY: '1e2',
    };
    const problems = problemsOf(wrong);
    expect(problems.map((problem) => problem.split(' ')[0] ?? '').sort()).toEqual(Object.keys(wrong).sort());
    expect(new ConfigError(problems).message).not.toContain('hunter2');
  });

  test('reads lists as JSON and as words between commas', () => {
    const origins = ['https://a.example', 'http://localhost:5173'];
    expect(readConfig({ CORS_ORIGINS: JSON.stringify(origins) }).corsOrigins).toEqual(origins);
    expect(readConfig({ CORS_ORIGINS: 'https://a.example, http://localhost:5173' }).corsOrigins).toEqual(origins);
    expect(readConfig({ CORS_ORIGINS: '[]' }).corsOrigins).toEqual([]);
    const networks = ['10.0.0.0/8', 'fd00::/8', '192.168.1.7'];
    expect(readConfig({ ALLOWED_NETWORKS: networks.join(',') }).allowedNetworks).toEqual(networks);
  });

  test('treats an empty variable as a missing one', () => {
    expect(readConfig({ DATABASE_URL: '', API_PORT: ' ', SECRET_KEY: '' })).toEqual(readConfig({}));
  });

  test('writes more with DEBUG unless a level is named', () => {
    expect(readConfig({ DEBUG: 'true' }).logLevel).toBe('debug');
    expect(readConfig({ DEBUG: '1', API_LOG_LEVEL: 'warning' }).logLevel).toBe('warn');
  });

  test('limits requests in development only when RATE_LIMIT is set', () => {
    expect(readConfig({}).rateLimitDevelopment).toBeGreaterThan(1_000_000);
    expect(readConfig({ RATE_LIMIT: '7' })).toMatchObject({ rateLimit: 7, rateLimitDevelopment: 7 });
  });

  test('in development refuses to listen where others could reach it', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.7', 'example.com', '127.0.0.1.example.com']) {
      expect(problemsOf({ API_HOST: host })[0]).toStartWith('API_HOST must be a loopback address');
    }
    for (const host of ['localhost', '127.0.0.2', '::1']) expect(readConfig({ API_HOST: host }).apiHost).toBe(host);
    expect(readConfig({ ...hosted, API_HOST: '192.168.1.7' }).apiHost).toBe('192.168.1.7');
  });

  test('takes a public key as text, with line ends written out, or as a file', () => {
    const pem = pemOf(rsa.publicKey);
    for (const key of [pem, pem.replaceAll('\n', '\\n'), fileOf('rsa.pem', pem)]) {
      expect(readConfig({ ...hosted, JWT_PUBLIC_KEY: key }).jwtPublicKey).toBe(key.trim());
    }
  });

  test('refuses a key that is private, weak, of another curve, or none, and never shows it', () => {
    const privatePem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const weak = pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey);
    const curve = pemOf(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey);
    for (const key of [privatePem, weak, curve, 'hunter2', directory, join(directory, 'missing.pem')]) {
      const problems = problemsOf({ ...hosted, JWT_PUBLIC_KEY: key });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toStartWith('JWT_PUBLIC_KEY must be a public key');
      expect(problems[0]).not.toContain(key);
    }
  });

  test('refuses a JWKS file without any usable public key', () => {
    const jwk = rsa.publicKey.export({ format: 'jwk' });
    const oct = { kty: 'oct', k: 'aHVudGVyMg' };
    const usable = fileOf('keys.json', JSON.stringify({ keys: [oct, { kty: 'new' }, jwk] }));
    expect(readConfig({ ...hosted, JWT_JWKS_FILE: usable }).jwtJwksFile).toBe(usable);
    const privateJwk = rsa.privateKey.export({ format: 'jwk' });
    const sets = [{ keys: [oct] }, { keys: [privateJwk] }, { keys: [{ ...jwk, use: 'enc' }] }, [], { keys: [] }];
    for (const [i, set] of sets.entries()) {
      const path = fileOf(`bad${i}.json`, JSON.stringify(set));
      expect(problemsOf({ ...hosted, JWT_JWKS_FILE: path })[0]).toStartWith('JWT_JWKS_FILE must be');
    }
    expect(problemsOf({ ...hosted, JWT_JWKS_FILE: join(directory, 'missing.json') })).toHaveLength(1);
  });
});
