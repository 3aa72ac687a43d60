// Keeps what a worker must know of each webhook to send to it, in the version that the claim named.
import { LRUCache } from 'lru-cache';
import type { Delivery } from './batch.ts';

/** A webhook as the sender needs it, with its secrets in plain text: never logged, never leaves the process. */
export type WebhookTarget = {
  version: number;
  url: string;
  format: string;
  headers: Record<string, string> | null;
  /** Valid now, newest first. */
  secrets: { secret: string; validUntil: number }[];
  timeoutMs: number;
  isTlsVerified: boolean;
};

/** The row of `get_delivery_targets`. */
export type TargetRow = {
  webhook_id: number;
  version: number;
  url: string;
  format: string;
  headers_sealed: string | null;
  secrets_sealed: string[];
  secrets_valid_until: (string | null)[];
  timeout_seconds: number;
  ssl_verify: boolean;
};

export type TargetOptions = {
  get_delivery_targets(args: { p_webhook_ids: number[] }): Promise<TargetRow[]>;
  open(sealed: string, purpose: 'webhook_secret' | 'webhook_headers'): string;
};

const TARGETS_MAX = 20_000;

/** The targets of one worker. */
export class Targets {
  readonly #known = new LRUCache<number, WebhookTarget>({ max: TARGETS_MAX });
  readonly #o: TargetOptions;

  constructor(options: TargetOptions) {
    this.#o = options;
  }

  /** Fetches, in one call, what these deliveries need and is not known in their version. */
  async prepare(deliveries: readonly Delivery[]): Promise<void> {
    const missing = new Set<number>();
    for (const { webhookId, version } of deliveries) {
      if ((this.#known.get(webhookId)?.version ?? -1) < version) missing.add(webhookId);
    }
    if (missing.size > 0) await this.fetch([...missing]);
  }

  async fetch(webhookIds: number[]): Promise<void> {
    for (const row of await this.#o.get_delivery_targets({ p_webhook_ids: webhookIds }))
      this.#known.set(row.webhook_id, this.#read(row));
  }

  /** Undefined only for a webhook that is gone from the database. */
  get(webhookId: number): WebhookTarget | undefined {
    return this.#known.get(webhookId);
  }

  #read(row: TargetRow): WebhookTarget {
    return {
      version: row.version,
      url: row.url,
      format: row.format,
      headers: row.headers_sealed === null ? null : JSON.parse(this.#o.open(row.headers_sealed, 'webhook_headers')),
      secrets: row.secrets_sealed.map((sealed, i) => ({
        secret: this.#o.open(sealed, 'webhook_secret'),
        validUntil: row.secrets_valid_until[i]
          ? Date.parse(row.secrets_valid_until[i] as string)
          : Number.POSITIVE_INFINITY,
      })),
      timeoutMs: row.timeout_seconds * 1000,
      isTlsVerified: row.ssl_verify,
    };
  }
}
