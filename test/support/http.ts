// Starts the real API for a test file, on a database of its own, and speaks to it.
import { afterAll } from 'bun:test';
import { makeLivePart } from '../../src/cli/live.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { startHttp } from '../../src/http/app.ts';
import { Credentials } from '../../src/http/credentials.ts';
import type { HttpOptions, LivePart, PingAnswer } from '../../src/http/deps.ts';
import type { DescribedRoute } from '../../src/http/openapi.ts';
import { mintToken, type TokenClaims } from '../../src/http/token.ts';
import { createLog } from '../../src/log.ts';
import { type Api, makeApi } from '../../src/store/api.ts';
import type { Cache } from '../../src/store/cache.ts';
import type { CallOptions } from '../../src/store/call.ts';
import type { CallPool } from '../../src/store/call_pool.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { MemoryRateCounter, type RateCounter } from '../../src/store/rate_counter.ts';
import type { Sql } from '../../src/store/sql.ts';
import { makeVault, type Vault } from '../../src/store/vault.ts';
import { checkDocumented } from './documented.ts';
import { testDatabase } from './postgres.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field, and checked against their schema.
  json: any;
}

export interface TestHttp {
  url: string;
  sql: Sql;
  api: Api;
  vault: Vault;
  credentials: Credentials;
  /** Every route of the app, described or not. */
  routes: readonly DescribedRoute[];
  /** A header with a token, by default of an admin of `default`, for an hour. */
  bearer(claims?: Partial<TokenClaims>): Promise<Record<string, string>>;
  /** Where the server has one. */
  live: LivePart | undefined;
  /** Every line that the server logged. */
  logged: string[];
  /** The webhooks that were pinged; the answer can be replaced. */
  pinged: number[];
  pingAnswer: PingAnswer;
  /** What a ping waits for before it answers. */
  beforePing: () => Promise<unknown>;
  /** As a program does after its start. */
  warm(): Promise<number>;
  stop(graceMs?: number): Promise<void>;
  /** Sends JSON where there is a body; every answer is held against what the API says of itself. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface TestHttpOptions {
  /** With the live socket. */
  isLive?: boolean;
  heartbeatMs?: number;
  config?: Partial<Config>;
  /** In place of a pool on a database of its own. */
  sql?: Sql;
  /** What its calls go by, as in a program; otherwise the pool of the test. */
  pool?: CallPool;
  deadlineMs?: number;
  /** Sees each call of a SQL function, and runs it. */
  observe?: CallOptions['observe'];
  /** Tests that change rows behind the server's back read them at once without one. */
  cache?: Cache;
  /** What the cache and the credentials share; given where a test has a cache. */
  epochs?: Epochs;
  rates?: RateCounter;
}

/** Call it at the top level of a file; the server stops when the file is done. */
export async function testHttp(options: TestHttpOptions = {}): Promise<TestHttp> {
  const sql = options.sql ?? (await testDatabase()).sql;
  const { deadlineMs = 10_000, observe } = options;
  const api = makeApi(options.pool ?? sql, { deadlineMs, ...(observe && { observe }) });
  const vault = makeVault(['test key '.repeat(4)]);
  const logged: string[] = [];
  const log = createLog({ level: 'debug', write: (line) => void logged.push(line) });
  const config = { ...readConfig({ API_PORT: '0' }), ...options.config };
  const secretKey = config.secretKey ?? 'test secret '.repeat(3);
  const calls = { ...api.api_keys, ...api.tenants };
  const credentials = new Credentials({ secretKey, config, calls, epochs: options.epochs ?? new Epochs(), log });
  const pinged: number[] = [];
  const http: TestHttp = {
    url: '',
    sql,
    api,
    vault,
    credentials,
    routes: [],
    async bearer(claims = {}) {
      const usual = {
        subject: 'tester',
        tenant: 'default',
        role: 'admin',
        expiresAtMs: Date.now() + 3_600_000,
      } as const;
      return { authorization: `Bearer ${await mintToken(secretKey, { ...usual, ...claims }, config)}` };
    },
    live: undefined,
    logged,
    pinged,
    pingAnswer: {
      outcome: 'delivered',
      status_code: 200,
      response_ms: 7,
      error: null,
      response_body: 'ok',
      message_id: 'ping_1',
    },
    beforePing: async () => undefined,
    warm: () => server.warm(),
    stop: (graceMs) => server.stop(graceMs),
    async send(method, path, body, headers) {
      const answer = await send(http.url, method, path, body, headers);
      checkDocumented(http.routes, { method, path, ...answer });
      return answer;
    },
    get: (path, headers) => http.send('GET', path, undefined, headers),
    post: (path, body, headers) => http.send('POST', path, body, headers),
  };
  const parts: HttpOptions = {
    config,
    sql,
    api,
    vault,
    log,
    credentials,
    rates: options.rates ?? new MemoryRateCounter(),
    cache: options.cache,
    ping: async (webhookId) => {
      pinged.push(webhookId);
      await http.beforePing();
      return http.pingAnswer;
    },
  };
  const live = options.isLive ? makeLivePart(parts, options.heartbeatMs) : undefined;
  http.live = live;
  const server = await startHttp({ ...parts, live });
  http.url = server.url;
  http.routes = server.app.routes as unknown as DescribedRoute[];
  afterAll(async () => {
    await server.stop(100);
    await credentials.stop();
  });
  return http;
}

async function send(
  url: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const content = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method, headers: { ...type, ...headers }, ...content });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}
