// The environment: its defaults, and the one message about everything that is wrong in it.
import { describe, expect, test } from 'bun:test';
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

describe('readConfig', () => {
  test('without any variable means development on loopback with the embedded database', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      environment: 'development',
      databaseUrl: undefined,
      apiHost: '127.0.0.1',
      apiPort: 8000,
      apiWorkers: 1,
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
});
