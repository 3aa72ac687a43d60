// What the HTTP side is given: it makes none of it itself.
import type { AnyElysia } from 'elysia';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import type { AddressPolicy } from '../store/address_rules.ts';
import type { Api } from '../store/api.ts';
import type { Cache } from '../store/cache.ts';
import type { Meters } from '../store/meters.ts';
import type { RateCounter } from '../store/rate_counter.ts';
import type { Scoreboard } from '../store/scoreboard.ts';
import type { Sql } from '../store/sql.ts';
import type { Vault } from '../store/vault.ts';
import type { Tracing } from '../tracing.ts';
import type { Credentials } from './credentials.ts';

/** The answer of a receiver to a test message. */
export interface PingAnswer {
  outcome: string;
  status_code: number | null;
  response_ms: number;
  error: string | null;
  response_body: string | null;
  message_id: string;
}

export interface HttpOptions {
  config: Config;
  /** The pool that `api` is bound to; only its size is read. */
  sql: Sql;
  api: Api;
  vault: Vault;
  log: Log;
  /** Undefined unless an endpoint for traces is configured. */
  tracing?: Tracing | undefined;
  /** Who may call, and how often. */
  credentials: Credentials;
  rates: RateCounter;
  /** Undefined when it is switched off. */
  cache: Cache | undefined;
  /** Tells of all processes of the server; without one there is this one. */
  scoreboard?: Pick<Scoreboard, 'server'> | undefined;
  /** Where this process counts; by default for itself alone. */
  meters?: Meters | undefined;
  live?: LivePart | undefined;
  /** Sends a test message to a webhook at once. Injected, because the HTTP side must not import the delivery side. */
  ping: (webhookId: number) => Promise<PingAnswer>;
}

/** The live socket, made elsewhere: http and live do not know each other. */
export interface LivePart {
  plugin: AnyElysia;
  /** Called when the server listens. */
  start(server: {
    publish(topic: string, text: string): number;
    subscriberCount(topic: string): number;
  }): Promise<void>;
  /** Closes every socket with 1001; until then the server cannot stop. */
  stop(): Promise<void>;
  /** Of this process: sockets open now, and totals since its start. */
  counts(): LiveCounts;
}

/** See live/connections.ts, which counts them. */
export interface LiveCounts {
  connections: number;
  users: number;
  opened: number;
  closed: number;
  dropped: number;
  lost: number;
  messages: number;
}

/** What every route file gets. */
export interface Deps extends HttpOptions {
  /** Which addresses a webhook may point at. */
  policy: AddressPolicy;
}
