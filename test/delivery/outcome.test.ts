// What each answer of a receiver means for the delivery.
import { describe, expect, test } from 'bun:test';
import { outcomeOf } from '../../src/delivery/outcome.ts';
import { RETRY_AFTER_SECONDS_MAX, readRetryAfter } from '../../src/delivery/retry_after.ts';
import type { SendResult } from '../../src/delivery/send.ts';

function makeResponse(statusCode: number, retryAfterSeconds: number | null = null): SendResult {
  return { kind: 'response', statusCode, ms: 12, bodyText: 'text', retryAfterSeconds };
}

describe('an answer', () => {
  test.each([200, 201, 202, 204, 299])('of %d is delivered, and says no error', (status) => {
    expect(outcomeOf(makeResponse(status, 60))).toEqual({
      outcome: 'delivered',
      status_code: status,
      response_ms: 12,
      error: null,
      response_body: 'text',
      retry_after_seconds: null,
    });
  });

  test('of 410 is gone, even with retry-after', () => {
    expect(outcomeOf(makeResponse(410)).outcome).toBe('gone');
    expect(outcomeOf(makeResponse(410, 60)).outcome).toBe('gone');
  });

  test.each([429, 502, 503, 504])('of %d is throttled', (status) => {
    expect(outcomeOf(makeResponse(status))).toMatchObject({ outcome: 'throttled', retry_after_seconds: null });
    expect(outcomeOf(makeResponse(status, 7))).toMatchObject({ outcome: 'throttled', retry_after_seconds: 7 });
  });

  test.each([100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 408, 409, 422, 500, 501, 505, 599])(
    'of %d has failed, and is throttled when it says retry-after',
    (status) => {
      expect(outcomeOf(makeResponse(status))).toMatchObject({ outcome: 'failed', status_code: status });
      expect(outcomeOf(makeResponse(status, 0))).toMatchObject({ outcome: 'throttled', retry_after_seconds: 0 });
    },
  );

  test('that is a failure has an error with a stable code', () => {
    expect(outcomeOf(makeResponse(500)).error).toBe('http_500: the receiver answered 500');
    expect(outcomeOf(makeResponse(302)).error).toBe('redirected: redirects are not followed');
  });
});

test.each(['timeout', 'connection', 'tls', 'address'] as const)('no answer (%s) has failed with its error', (kind) => {
  expect(outcomeOf({ kind, ms: 3, error: 'code: words' })).toEqual({
    outcome: 'failed',
    status_code: null,
    response_ms: 3,
    error: 'code: words',
    response_body: null,
    retry_after_seconds: null,
  });
});

describe('retry-after', () => {
  const nowMs = Date.parse('2026-11-22T12:00:00Z');

  test.each([
    ['0', 0],
    ['120', 120],
    [' 5 ', 5],
    ['1.2', 2],
    ['999999', RETRY_AFTER_SECONDS_MAX],
    ['Sun, 22 Nov 2026 12:01:30 GMT', 90],
    ['Sunday, 22-Nov-26 12:01:30 GMT', 90],
    ['Sun Nov 22 12:01:30 2026', 90],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['Wed, 22 Nov 2028 12:00:00 GMT', RETRY_AFTER_SECONDS_MAX],
    ['', null],
    ['-5', null],
    ['soon', null],
    ['2', 2],
    ['1e3', null],
    ['0x10', null],
    ['Infinity', null],
    ['99999999999999999999', null],
    ['2026-11-22', null],
    ['Sun, the day after', null],
  ])('"%s" is %p seconds', (header, seconds) => {
    expect(readRetryAfter(header, nowMs)).toBe(seconds);
  });

  test('that is absent is null', () => {
    expect(readRetryAfter(null, nowMs)).toBeNull();
  });
});
