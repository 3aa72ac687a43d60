// Turns what came back from a receiver into what is recorded about the attempt.
import type { SendResult } from './send.ts';

/** One attempt as `record_delivery_results` takes it. When to try again, health and the breaker are decided there. */
export type Outcome = {
  outcome: 'delivered' | 'failed' | 'gone' | 'throttled' | 'expired';
  status_code: number | null;
  response_ms: number;
  error: string | null;
  response_body: string | null;
  retry_after_seconds: number | null;
};

/** For a delivery whose alert was dropped by age before it could be sent. */
export const EXPIRED: Outcome = {
  outcome: 'expired',
  status_code: null,
  response_ms: 0,
  error: 'expired: the alert was dropped by age before it could be sent',
  response_body: null,
  retry_after_seconds: null,
};

const OVERLOADED = new Set([429, 502, 503, 504]);

/**
 * 2xx is delivered; 410 asks never to be called again; 429, 502, 503, 504 and any failure with `retry-after` ask to be called
 * less; all else has failed.
 */
export function outcomeOf(result: SendResult): Outcome {
  if (result.kind !== 'response') {
    const nothing = { status_code: null, response_body: null, retry_after_seconds: null };
    return { outcome: 'failed', response_ms: result.ms, error: result.error, ...nothing };
  }
  const { statusCode, ms, bodyText, retryAfterSeconds } = result;
  const isDelivered = statusCode >= 200 && statusCode < 300;
  return {
    outcome: isDelivered ? 'delivered' : failedAs(statusCode, retryAfterSeconds),
    status_code: statusCode,
    response_ms: ms,
    error: isDelivered ? null : wordsOf(statusCode),
    response_body: bodyText,
    retry_after_seconds: isDelivered ? null : retryAfterSeconds,
  };
}

function failedAs(statusCode: number, retryAfterSeconds: number | null): Outcome['outcome'] {
  if (statusCode === 410) return 'gone';
  return OVERLOADED.has(statusCode) || retryAfterSeconds !== null ? 'throttled' : 'failed';
}

function wordsOf(statusCode: number): string {
  if (statusCode >= 300 && statusCode < 400) return 'redirected: redirects are not followed';
  return `http_${statusCode}: the receiver answered ${statusCode}`;
}
