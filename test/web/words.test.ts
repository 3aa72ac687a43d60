// Tests what the page says about webhooks, deliveries and failures.
import { describe, expect, test } from 'bun:test';
import type { Tile } from '../../src/web/api/dashboard_types.ts';
import type { Attempt, Delivery, Webhook } from '../../src/web/api/types.ts';
import { describeDelivery, lastAnswer } from '../../src/web/words/delivery.ts';
import { groupFailures } from '../../src/web/words/failures.ts';
import { overviewSentence, type Waiting } from '../../src/web/words/overview.ts';
import { describeRisk, describeSlots } from '../../src/web/words/pace.ts';
import { groupTiles, tileNote } from '../../src/web/words/tiles.ts';
import { describeWebhook, troubleOf } from '../../src/web/words/webhook.ts';

const now = Date.parse('2026-11-22T14:30:00Z');
const nothingWaits: Waiting = { count: 0, oldestSeconds: null };
const at = (secondsFromNow: number) => new Date(now + secondsFromNow * 1_000).toISOString();

function makeTile(change: Partial<Tile> = {}): Tile {
  return {
    id: 1,
    name: 'Billing',
    is_active: true,
    disabled_reason: null,
    health_status: 'healthy',
    breaker_state: 'closed',
    blocked_until: null,
    status_changed_at: null,
    last_status_code: null,
    last_error: null,
    success_rate_percent: 100,
    pending_deliveries: 0,
    sparkline: [],
    failed_sparkline: [],
    ...change,
  };
}

function makeAttempt(change: Partial<Attempt> = {}): Attempt {
  return {
    attempt: 1,
    status: 'retrying',
    status_code: 503,
    response_ms: 40,
    error: 'http_503: the receiver answered 503',
    response_body: null,
    attempted_at: at(-60),
    next_attempt_at: at(120),
    ...change,
  };
}

function makeDelivery(change: Partial<Delivery> = {}): Delivery {
  return {
    id: 9,
    alert_id: 8,
    webhook_id: 7,
    status: 'pending',
    attempt_count: 0,
    last_status_code: null,
    last_error: null,
    response_ms: null,
    last_attempt_at: null,
    next_attempt_at: null,
    created_at: at(-120),
    ...change,
  };
}

const makeWebhook = (change: Partial<Webhook> = {}) =>
  ({
    is_active: true,
    disabled_reason: null,
    breaker_state: 'closed',
    blocked_until: null,
    pending_deliveries: 0,
    total_deliveries: 1_204,
    success_rate_percent: 99.5,
    ...change,
  }) as Webhook;

describe('the sentence of the overview', () => {
  const say = (tiles: Tile[], waiting = nothingWaits) => {
    const { webhooks, queue } = overviewSentence(tiles, waiting, now, 'UTC');
    return `${webhooks}; ${queue}.`;
  };

  test('says what fails, since when, and what waits', () => {
    const failing = makeTile({ health_status: 'unavailable', status_changed_at: '2026-11-22T14:02:00Z' });
    const tiles = [failing, { ...failing, status_changed_at: '2026-11-22T14:10:00Z' }, makeTile(), makeTile()];
    expect(say(tiles, { count: 1_204, oldestSeconds: 131 })).toBe(
      '2 of 4 webhooks are failing since 14:02; 1,204 deliveries wait, the oldest for 2 m.',
    );
  });

  test('counts the degraded beside the failing, and leaves out the paused', () => {
    const tiles = [
      makeTile({ health_status: 'unavailable' }),
      makeTile({ health_status: 'degraded' }),
      makeTile({ health_status: 'unavailable', is_active: false }),
    ];
    expect(say(tiles)).toBe('1 of 2 webhooks is failing and 1 degraded; nothing waits.');
  });

  test('is calm when all is well, and true when little is known', () => {
    expect(say([makeTile(), makeTile()])).toBe('All 2 webhooks are healthy; nothing waits.');
    expect(say([makeTile()])).toBe('The only webhook is healthy; nothing waits.');
    expect(say([])).toBe('There is no webhook yet; nothing waits.');
    expect(say([makeTile({ is_active: false })])).toBe('The only webhook is paused; nothing waits.');
    expect(say([makeTile({ health_status: 'unknown' })])).toBe('The only webhook has sent nothing yet; nothing waits.');
    expect(say([makeTile(), makeTile({ health_status: 'unknown' })])).toBe(
      'Nothing is wrong: 1 of 2 webhooks are healthy, the rest unused; nothing waits.',
    );
  });

  test('does not fuss about what waits for a moment', () => {
    expect(say([makeTile()], { count: 1, oldestSeconds: 0.2 })).toBe('The only webhook is healthy; 1 delivery waits.');
  });
});

describe('a webhook', () => {
  test('that is blocked says why and until when', () => {
    const webhook = makeWebhook({ breaker_state: 'open', blocked_until: at(120), pending_deliveries: 3 });
    expect(describeWebhook(webhook, now, 'UTC')).toBe(
      'It failed too often in a row, so Tocsin stopped calling it for a while. The next try is in 2 m, at 14:32. 3 deliveries wait.',
    );
    expect(describeWebhook(makeWebhook({ blocked_until: at(30) }), now, 'UTC')).toStartWith('It asked for a pause.');
    expect(troubleOf(webhook, now)).toBe('next try in 2 m');
  });

  test('that is paused, by hand or by Tocsin, says so', () => {
    expect(describeWebhook(makeWebhook({ is_active: false }), now)).toStartWith('It is paused.');
    const off = makeWebhook({ is_active: false, disabled_reason: 'the receiver answered 410' });
    expect(describeWebhook(off, now)).toStartWith('Tocsin switched it off: the receiver answered 410.');
    expect(troubleOf(off, now)).toBe('switched off');
  });

  test('that is well says how well', () => {
    expect(describeWebhook(makeWebhook(), now)).toBe('99.5 % of 1,204 attempts succeeded.');
    expect(troubleOf(makeWebhook({ blocked_until: at(-5) }), now)).toBeNull();
  });
});

describe('a delivery', () => {
  test('that waits says what the receiver answered, how often, and when the next try is', () => {
    const attempts = [makeAttempt({ status_code: 500 }), ...Array.from({ length: 7 }, () => makeAttempt())];
    expect(describeDelivery(makeDelivery({ attempts, next_attempt_at: at(120) }), now)).toBe(
      'The receiver answered 503 to the last 7 attempts. Next try in 2 m.',
    );
  });

  test('that got no answer says why in words', () => {
    const attempts = [makeAttempt({ status_code: null, error: 'connection_refused: nothing listens at the address' })];
    expect(describeDelivery(makeDelivery({ status: 'failed', attempts }), now)).toBe(
      'No answer to the last attempt: nothing listens at the address. Tocsin has given up; retry it when the receiver is well again.',
    );
    expect(lastAnswer({ last_status_code: null, last_error: attempts[0]?.error ?? null, attempt_count: 1 })).toBe(
      'nothing listens at the address',
    );
  });

  test('that arrived says after how many attempts', () => {
    const last = makeAttempt({ status: 'delivered', status_code: 200, error: null });
    expect(describeDelivery(makeDelivery({ status: 'delivered', attempts: [makeAttempt(), last] }), now)).toBe(
      'The receiver answered 200 at attempt 2 after 40 ms.',
    );
  });
});

describe('failures', () => {
  test('are grouped by cause, the most frequent first, with the newest as example', () => {
    const unavailable = { last_status_code: 503, last_error: 'http_503: the receiver answered 503' };
    const refused = { last_status_code: null, last_error: 'connection_refused: nothing listens at the address' };
    const groups = groupFailures([
      makeDelivery({ id: 5, ...refused }),
      makeDelivery({ id: 4, ...unavailable }),
      makeDelivery({ id: 3, ...unavailable }),
      makeDelivery({ id: 2 }),
    ]);
    expect(groups.map(({ cause, count, last }) => [cause, count, last.id])).toEqual([
      ['http_503', 2, 4],
      ['connection_refused', 1, 5],
    ]);
    expect(groups.map(({ title }) => title)).toEqual([
      'Answered 503 Service Unavailable',
      'Nothing listens at the address',
    ]);
    expect(groups[1]?.advice).toContain('is the receiver running?');
  });
});

describe('the health grid', () => {
  test('has the worst first, in groups, and finds by name', () => {
    const tiles = [
      makeTile({ name: 'b' }),
      makeTile({ name: 'c', health_status: 'unavailable', success_rate_percent: 80 }),
      makeTile({ name: 'd', health_status: 'unavailable', success_rate_percent: 20 }),
      makeTile({ name: 'e', is_active: false }),
    ];
    const names = (search: string) =>
      groupTiles(tiles, search).map((group) => [group.name, ...group.tiles.map(({ name }) => name)]);
    expect(names('')).toEqual([
      ['Unavailable', 'd', 'c'],
      ['Healthy', 'b'],
      ['Paused', 'e'],
    ]);
    expect(names(' E ')).toEqual([['Paused', 'e']]);
  });

  test('says on a tile what it answered and until when it is held back, or what waits', () => {
    const broken = makeTile({ health_status: 'unavailable', last_status_code: 503, blocked_until: at(120) });
    expect(tileNote(broken, now)).toBe('503, next try in 2 m');
    const silent = { last_status_code: null, last_error: 'timeout: no answer in time', pending_deliveries: 1_204 };
    expect(tileNote(makeTile({ health_status: 'degraded', ...silent }), now)).toBe('no answer in time, 1,204 waiting');
    expect(tileNote(makeTile({ last_status_code: 200 }), now)).toBe('');
    expect(tileNote(makeTile({ is_active: false, disabled_reason: 'gone' }), now)).toBe('switched off');
  });

  test('stays readable at a thousand: what is well gets small', () => {
    const many = Array.from({ length: 1_000 }, (_, id) =>
      makeTile({ id, health_status: id < 5 ? 'degraded' : 'healthy' }),
    );
    expect(groupTiles(many, '').map(({ isLarge, tiles }) => [isLarge, tiles.length])).toEqual([
      [true, 5],
      [false, 995],
    ]);
  });
});

describe('the pace of a webhook', () => {
  test('tells a risk no finer than anybody knows it, and by its shape whether it is high', () => {
    const told = (probability: number) => describeRisk({ probability, reason: 'nothing raises it' });
    expect(told(0.0051)).toMatchObject({ state: 'healthy', words: 'less than 1 % within the hour: nothing raises it' });
    expect([0.13, 0.2, 0.51, 0.9992].map((each) => [told(each).state, told(each).words.split(' within')[0]])).toEqual([
      ['healthy', '13 %'],
      ['degraded', '20 %'],
      ['unavailable', '51 %'],
      ['unavailable', 'more than 99 %'],
    ]);
  });

  test('tells how much it gets at a time, and why not all', () => {
    const told = (slots: number, slowed_because: string | null) =>
      describeSlots({ slots, max_in_flight: 10, slowed_because } as Webhook);
    expect(told(10, null)).toEqual([{ name: 'At a time', state: 'healthy', words: 'all 10' }]);
    expect(told(3, 'it asked to be called less')[0]).toMatchObject({
      state: 'degraded',
      words: expect.stringMatching(/^3 of 10: it asked/),
    });
    expect(describeSlots({ max_in_flight: 10 } as Webhook)).toEqual([]);
  });
});
