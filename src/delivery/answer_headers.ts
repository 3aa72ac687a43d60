// Keeps what failing answers said in their headers, beside the recording of results: nothing waits for it.
import type { AnswerFields } from './answer.ts';

/** Those that help to find a cause. Cookies and whatever else may be a secret are not among them. */
const KEPT = [
  'content-type',
  'content-length',
  'date',
  'server',
  'via',
  'location',
  'retry-after',
  'allow',
  'www-authenticate',
  'x-request-id',
  'x-correlation-id',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'cf-ray',
  'x-amzn-requestid',
  'x-amz-cf-id',
] as const;
const VALUE_LENGTH_MAX = 200;
const WAITING_MAX = 1_000;

/** The headers that are kept of an answer; undefined when it has none of them. */
export function keptHeaders(fields: AnswerFields): Record<string, string> | undefined {
  const kept: Record<string, string> = {};
  for (const name of KEPT) {
    const value = fields.get(name);
    // PostgreSQL's text cannot hold the NUL character.
    if (value !== undefined) kept[name] = value.slice(0, VALUE_LENGTH_MAX).replaceAll('\0', '\uFFFD');
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}

type Keep = (args: { p_delivery_ids: number[]; p_attempts: number[]; p_headers: string[] }) => Promise<unknown>;

/** Gathers them, and writes them together now and then. Beyond a thousand the newest are let go: they say what the others do. */
export class AnswerHeaders {
  #waiting: { deliveryId: number; attempt: number; headers: string }[] = [];

  constructor(private readonly keep: Keep) {}

  note(deliveryId: number, attempt: number, headers: Record<string, string>): void {
    if (this.#waiting.length < WAITING_MAX)
      this.#waiting.push({ deliveryId, attempt, headers: JSON.stringify(headers) });
  }

  async flush(): Promise<void> {
    const rows = this.#waiting;
    if (rows.length === 0) return;
    this.#waiting = [];
    await this.keep({
      p_delivery_ids: rows.map(({ deliveryId }) => deliveryId),
      p_attempts: rows.map(({ attempt }) => attempt),
      p_headers: rows.map(({ headers }) => headers),
    });
  }
}
