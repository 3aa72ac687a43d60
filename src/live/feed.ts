// Reads what is new in the database for those who watch: one reader per process, and none while nobody watches.
import type { Log } from '../log.ts';
import type { Api } from '../store/api.ts';
import { type Listener, openListener } from '../store/listener.ts';
import { openSqlLike, type Sql } from '../store/sql.ts';
import type { Channel, Unsent } from './messages.ts';

/** What the socket side does with news. */
export type FeedSink = {
  /** Tenants that somebody watches now; empty stops the reading. */
  tenantIds(): number[];
  publish(tenantId: number, channel: Channel, message: Unsent): void;
};

export type FeedOptions = {
  sql: Sql;
  api: Api;
  sink: FeedSink;
  log: Log;
  /** Latency, errors and depth of a tenant, for `metrics_update`. */
  metrics(tenantId: number): Promise<Unsent>;
};

const POLL_MS = 200;
const SLOW_EVERY = 5;
/** Alerts are read again this far back, because a transaction that took its id earlier may commit later. */
export const OVERLAP_MS = 2_000;
/** Every second, so far back: for transactions that stay open. One that stays open longer shows up in lists only. */
const LONG_OVERLAP_MS = 60_000;
const ALERTS_MAX = 2_000;
const SEEN_MAX = 50_000;
const DELIVERIES_MAX = 50;
const EPOCH_MS = 1_735_689_600_000;

/** The smallest id of a time, as tocsin_internal.id_at; beyond 32 bits, so by multiplication. */
export function idAt(ms: number): number {
  return Math.max(0, Math.floor(((ms - EPOCH_MS) * 1024) / 1000)) * 8192;
}

/** Where a reader stands after an alert. */
export function cursorOf(alertId: number): string {
  return alertId.toString(36);
}

/** The alert id of a cursor; undefined for what is none. */
export function readCursor(cursor: string): number | undefined {
  const id = /^[0-9a-z]{1,11}$/.test(cursor) ? Number.parseInt(cursor, 36) : Number.NaN;
  return Number.isSafeInteger(id) ? id : undefined;
}

/** See `start`. */
export class Feed {
  readonly #o: FeedOptions;
  /** Alerts that were published, oldest first; forgotten when they are older than any overlap. */
  readonly #seen = new Set<number>();
  #beganId = 0;
  #polledAt = 0;
  #behindId: number | undefined;
  #statusSince = 0;
  #deliveriesSince = 0;
  #round = 0;
  #isWatched = false;
  #isStopped = false;
  #listener: Listener | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: FeedOptions) {
    this.#o = options;
  }

  async start(): Promise<void> {
    this.#listener = await openListener({
      open: (options) => openSqlLike(this.#o.sql, options),
      channels: { tocsin_alerts_updated: (payload) => this.#onUpdate(payload) },
      onOpen: () => undefined,
    });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#listener?.stop();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await Bun.sleep(POLL_MS);
      const tenantIds = this.#o.sink.tenantIds();
      if (tenantIds.length === 0) {
        this.#isWatched = false;
        continue;
      }
      try {
        if (!this.#isWatched) this.#begin();
        await this.#poll(tenantIds);
      } catch (error) {
        // The next round reads from the same place, so nothing is skipped.
        this.#o.log.warn('list_feed_alerts failed; trying again', { error });
      }
    }
  }

  /** News begins where the cursor of a new subscription stands: a little before it, so that none falls between. */
  #begin(): void {
    const now = Date.now() - OVERLAP_MS;
    this.#isWatched = true;
    this.#seen.clear();
    this.#beganId = idAt(now);
    this.#polledAt = now;
    this.#behindId = undefined;
    this.#statusSince = now;
    this.#deliveriesSince = now;
  }

  async #poll(p_tenant_ids: number[]): Promise<void> {
    const isSlowRound = this.#round++ % SLOW_EVERY === 0;
    const startedAt = Date.now();
    await this.#pollAlerts(p_tenant_ids, isSlowRound ? LONG_OVERLAP_MS : OVERLAP_MS, startedAt);
    const { list_feed_webhooks, list_feed_deliveries } = this.#o.api.live;
    for (const row of await list_feed_webhooks({ p_tenant_ids, p_since: new Date(this.#statusSince).toISOString() })) {
      const { tenant_id, status_changed_at, ...rest } = row;
      this.#statusSince = Math.max(this.#statusSince, Date.parse(status_changed_at) + 1);
      this.#o.sink.publish(tenant_id, 'webhooks', { type: 'webhook_status_changed', ...rest });
    }
    if (!isSlowRound) return;
    const p_since = new Date(this.#deliveriesSince).toISOString();
    for (const row of (await list_feed_deliveries({ p_tenant_ids, p_since, p_limit: DELIVERIES_MAX })).reverse()) {
      const { tenant_id, ...rest } = row;
      this.#deliveriesSince = Math.max(this.#deliveriesSince, Date.parse(row.attempted_at) + 1);
      this.#o.sink.publish(tenant_id, 'deliveries', { type: 'delivery_finished', ...rest });
    }
    for (const tenantId of p_tenant_ids) this.#o.sink.publish(tenantId, 'metrics', await this.#o.metrics(tenantId));
  }

  async #pollAlerts(p_tenant_ids: number[], overlapMs: number, startedAt: number): Promise<void> {
    const p_after_id = Math.max(this.#beganId, this.#behindId ?? idAt(this.#polledAt - overlapMs));
    const rows = await this.#o.api.live.list_feed_alerts({ p_tenant_ids, p_after_id, p_limit: ALERTS_MAX });
    for (const { tenant_id, ...rest } of rows) {
      if (this.#seen.has(rest.alert_id)) continue;
      this.#seen.add(rest.alert_id);
      this.#o.sink.publish(tenant_id, 'alerts', { type: 'alert_new', cursor: cursorOf(rest.alert_id), ...rest });
    }
    for (const id of this.#seen) {
      if (this.#seen.size <= SEEN_MAX) break;
      this.#seen.delete(id);
    }
    // A full page means that there is more: the next one goes on from its end, and without overlap until the end is reached.
    this.#behindId = rows.length < ALERTS_MAX ? undefined : rows.at(-1)?.alert_id;
    this.#polledAt = startedAt;
  }

  /** The payload is `tenant:id,id,…`. */
  #onUpdate(payload: string): void {
    const [tenant, ids = ''] = payload.split(':');
    const alert_ids = ids === '' ? [] : ids.split(',').map(Number);
    this.#o.sink.publish(Number(tenant), 'alerts', { type: 'alert_updated', alert_ids });
  }
}
