// Reads the `retry-after` header of RFC 9110: seconds or a date, bounded.

/** A receiver cannot put itself off for longer than this; the retry schedule decides beyond it. */
export const RETRY_AFTER_SECONDS_MAX = 86_400;

const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*[, ]/i;

/** Whole seconds from now, between 0 and `RETRY_AFTER_SECONDS_MAX`; null when there is none that can be read. */
export function readRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,15}(\.\d+)?$/.test(text)) return bound(Number(text));
  if (!HTTP_DATE.test(text)) return null;
  // The oldest of the three date forms, that of C's asctime, does not name its zone: it is GMT like the others.
  const atMs = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(atMs) ? null : bound((atMs - nowMs) / 1000);
}

function bound(seconds: number): number {
  return Math.min(Math.max(Math.ceil(seconds), 0), RETRY_AFTER_SECONDS_MAX);
}
