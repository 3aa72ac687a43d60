// Says what became of a delivery or an attempt, and what happens next.
import type { Attempt, Delivery, DeliveryStatus } from '../api/types.ts';
import { counted, milliseconds } from '../format/numbers.ts';
import { relative } from '../format/times.ts';

export const deliveryWords: Record<DeliveryStatus, string> = {
  pending: 'Waiting',
  sending: 'Sending',
  delivered: 'Delivered',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** "The receiver answered 503 to the last 7 attempts. Next try in 2 m." */
export function describeDelivery(delivery: Delivery, now: number): string {
  const attempts = delivery.attempts ?? [];
  const last = attempts.at(-1);
  switch (delivery.status) {
    case 'delivered':
      return deliveredWords(last, attempts.length);
    case 'sending':
      return 'It is being sent right now.';
    case 'cancelled':
      return 'It was cancelled, because its webhook was deleted or its alert was dropped by age.';
    case 'failed':
      return `${failureRun(attempts)} Tocsin has given up; retry it when the receiver is well again.`;
    case 'pending':
      return `${last ? failureRun(attempts) : 'It has not been tried yet.'}${nextWords(delivery, now)}`;
  }
}

function deliveredWords(last: Attempt | undefined, attempts: number): string {
  const after = attempts > 1 ? ` at attempt ${attempts}` : '';
  if (!last) return 'The receiver took it.';
  return `The receiver answered ${last.status_code ?? 'with success'}${after} after ${milliseconds(last.response_ms)}.`;
}

function nextWords({ next_attempt_at }: Delivery, now: number): string {
  if (!next_attempt_at) return ' It waits for its turn.';
  const isDue = Date.parse(next_attempt_at) <= now;
  return isDue ? ' The next try is due now.' : ` Next try ${relative(next_attempt_at, now)}.`;
}

/** How the last attempts went, as far as they went the same way. */
function failureRun(attempts: readonly Attempt[]): string {
  const last = attempts.at(-1);
  if (!last) return 'It could not be delivered.';
  const before = attempts.toReversed().findIndex((attempt) => causeOf(attempt) !== causeOf(last));
  const run = before < 0 ? attempts.length : before;
  const whom = run === 1 ? 'the last attempt' : `the last ${run} attempts`;
  if (last.status_code !== null) return `The receiver answered ${last.status_code} to ${whom}.`;
  return `No answer to ${whom}: ${plainError(last.error)}.`;
}

/** The code before the words of an error: `timeout`, `http_503`; what is the same code is the same cause. */
export function causeOf(attempt: { status_code: number | null; error: string | null }): string {
  if (attempt.status_code !== null) return `http_${attempt.status_code}`;
  return attempt.error?.split(':')[0] ?? 'unknown';
}

/** The words of an error without its code. */
export function plainError(error: string | null): string {
  if (!error) return 'for a reason that was not recorded';
  const words = error.replace(/^[a-z0-9_]+: /, '');
  return words.replace(/\.$/, '');
}

/** What a row shows of the last answer: `503`, or the words of the error. */
export function lastAnswer(delivery: Pick<Delivery, 'last_status_code' | 'last_error' | 'attempt_count'>): string {
  if (delivery.last_status_code !== null) return String(delivery.last_status_code);
  if (delivery.last_error) return plainError(delivery.last_error);
  return delivery.attempt_count === 0 ? 'not tried yet' : 'no answer';
}

/** `3 attempts`. */
export function attemptsWords(value: number): string {
  return counted(value, 'attempt');
}
