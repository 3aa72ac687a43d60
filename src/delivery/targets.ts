// Keeps what a worker must know of each webhook to send to it, in the version that the claim named.
import { LRUCache } from 'lru-cache';
import type { Delivery } from './batch.ts';

/** A webhook as the sender needs it, with its secrets in plain text: never logged, never leaves the process. */
export type WebhookTarget = {
  version: number;
  url: string;
  format: string;
  headers: Record<string, string> | null;
  /** Newest first; null when they, or the headers, do not open with the keys of this server: then nothing can be sent. */
  secrets: { secret: string; validUntil: number }[] | null;
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
    const rows = await this.#o.get_delivery_targets({ p_webhook_ids: webhookIds });
    // A webhook that was deleted meanwhile has no row, and what was known of it must not be called again.
    for (const webhookId of webhookIds) this.#known.delete(webhookId);
    for (const row of rows) this.#known.set(row.webhook_id, this.#read(row));
  }

  /** Undefined only for a webhook that was deleted. */
  get(webhookId: number): WebhookTarget | undefined {
    return this.#known.get(webhookId);
  }

  #read(row: TargetRow): WebhookTarget {
    return {
      version: row.version,
      url: row.url,
      format: row.format,
      timeoutMs: row.timeout_seconds * 1000,
      isTlsVerified: row.ssl_verify,
      ...this.#open(row),
    };
  }

  /** One webhook that cannot be opened must not hold up the others of its batch, so this does not throw. */
  #open(row: TargetRow): Pick<WebhookTarget, 'headers' | 'secrets'> {
    const { open } = this.#o;
    try {
      const headers = row.headers_sealed === null ? null : JSON.parse(open(row.headers_sealed, 'webhook_headers'));
      const secrets = row.secrets_sealed.map((sealed, i) => {
        const validUntil = Date.parse(row.secrets_valid_until[i] ?? '');
        return {
          secret: open(sealed, 'webhook_secret'),
          validUntil: Number.isNaN(validUntil) ? Number.POSITIVE_INFINITY : validUntil,
        };
      });
      return { headers, secrets };
    } catch {
      return { headers: null, secrets: null };
    }
  }
}
