// Tests the requests that the page shows and makes: curl, signed parts, settings of a webhook, claims, messages.
import { describe, expect, test } from 'bun:test';
import type { Alert, Delivery, Webhook } from '../../src/web/api/types.ts';
import { readMessage } from '../../src/web/live/messages.ts';
import { alertMatches, splitWhy, withLocalTimes } from '../../src/web/words/alert.ts';
import { readClaims } from '../../src/web/words/claims.ts';
import { asCurl } from '../../src/web/words/curl.ts';
import { pretty } from '../../src/web/words/pretty.ts';
import { requestOf, signatureOf } from '../../src/web/words/request.ts';
import { fieldsOf, readFields } from '../../src/web/words/webhook_settings.ts';

const delivery = { id: 42, created_at: '2026-11-22T14:00:00Z', url: 'https://a.example/' } as Delivery;
const attempt = { attempted_at: '2026-11-22T14:00:05.900Z' };

describe('a request', () => {
  test('is rebuilt as it was sent, less what is secret', () => {
    const alert = { payload: '{"type":"a"}' } as Alert;
    const webhook = { header_names: ['authorization'] } as Webhook;
    const request = requestOf(delivery, attempt, alert, webhook);
    expect(request?.body).toBe('{"type":"a"}');
    expect(request?.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'content-type: application/json',
      'webhook-id: msg_42',
      'webhook-timestamp: 1795356005',
      'webhook-signature: v1,…',
      'authorization: …',
    ]);
    expect(requestOf(delivery, attempt, undefined, undefined)).toBeUndefined();
  });

  test('names the exact text that was signed', () => {
    expect(signatureOf(delivery, attempt, '{}').content).toBe('msg_42.1795356005.{}');
  });

  test('as curl survives a shell, whatever the body holds', async () => {
    const body = `{"message": "it's \\"$HOME\\" \`id\` \\\\ and\nmore"}`;
    const command = asCurl({ url: "https://a.example/?q='x'", headers: [{ name: 'x-a', value: "it's" }], body });
    const shell = Bun.spawn(['sh', '-c', `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }\n${command}`]);
    const words = (await new Response(shell.stdout).text()).split('\0').slice(0, -1);
    expect(words).toEqual(['-X', 'POST', "https://a.example/?q='x'", '-H', "x-a: it's", '--data-raw', body]);
  });

  test('has its JSON indented for reading, and anything else as it came', () => {
    expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(pretty('{"a":[1')).toBe('{"a":[1');
    expect(pretty('<html>')).toBe('<html>');
  });
});

describe('the form of a webhook', () => {
  const fresh = { ...fieldsOf(undefined), name: ' Billing ', url: 'https://a.example/' };

  test('needs a name and a URL only, and sends the defaults', () => {
    const reading = readFields(fresh, undefined);
    expect(reading.ok && reading.settings).toMatchObject({
      name: 'Billing',
      events: ['*'],
      min_severity: 'INFO',
      filter: null,
      retry_policy: {},
      rate_limit_per_second: null,
    });
    expect(reading.ok && 'headers' in reading.settings).toBe(false);
  });

  test('sends of an existing webhook only what was changed', () => {
    const reading = readFields(fresh, undefined);
    const webhook = { ...(reading.ok ? reading.settings : {}), header_names: [] } as unknown as Webhook;
    expect(readFields(fieldsOf(webhook), webhook)).toEqual({ ok: true, settings: {} });
    const changed = readFields({ ...fieldsOf(webhook), events: 'order.*, a', max_retries: '3' }, webhook);
    expect(changed).toEqual({ ok: true, settings: { events: ['order.*', 'a'], retry_policy: { max_retries: 3 } } });
  });

  test('reads headers line by line, and says which field is wrong', () => {
    const reading = readFields({ ...fresh, headers: 'authorization: Bearer a:b\n\nx-team: ops ' }, undefined);
    expect(reading.ok && reading.settings.headers).toEqual({ authorization: 'Bearer a:b', 'x-team': 'ops' });
    expect(readFields({ ...fresh, headers: 'nonsense' }, undefined)).toMatchObject({ ok: false, pointer: '/headers' });
    for (const filter of ['{', '[]', '3']) {
      expect(readFields({ ...fresh, filter }, undefined)).toMatchObject({ ok: false, pointer: '/filter' });
    }
  });
});

describe('a token', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  test('says who its bearer is; an API key and nonsense say nothing', () => {
    const claims = { sub: 'zoë', tenant: 'acme', role: 'viewer', exp: 1 };
    expect(readClaims(`${encode({ alg: 'HS256' })}.${encode(claims)}.x`)).toEqual(claims);
    for (const text of ['tsk_abc', 'a.b.c', `${encode({})}.${encode(null)}.`, '']) expect(readClaims(text)).toBeNull();
  });
});

describe('what comes in', () => {
  test('is a message with a type, or nothing', () => {
    expect(readMessage('{"type":"heartbeat","timestamp":"t","active_connections":1}')).toMatchObject({
      type: 'heartbeat',
    });
    for (const text of ['', 'null', '[]', '{"type":1}', '{']) expect(readMessage(text)).toBeNull();
  });

  test('stays out of a list that is filtered to something else', () => {
    const alert = {
      message: 'Disk is full',
      alert_type: 'disk.full',
      severity: 'CRITICAL',
      status: 'pending',
    } as Alert;
    expect(alertMatches({ ...alert, created_at: '2026-11-22T14:00:00Z' }, { q: 'DISK', severity: 'CRITICAL' })).toBe(
      true,
    );
    for (const filters of [{ q: 'order' }, { severity: 'INFO' }, { status: 'resolved' }, { alert_type: 'disk' }]) {
      expect(alertMatches(alert, filters)).toBe(false);
    }
    expect(alertMatches({ ...alert, created_at: '2026-11-22T14:00:00Z' }, { until: '2026-11-22T13:00:00Z' })).toBe(
      false,
    );
  });

  test('of an alert is told apart by who got it and who did not', () => {
    const rows = (['delivered', 'pending', 'sending', 'failed', 'cancelled', 'not_matched'] as const).map(
      (outcome) => ({
        webhook_id: 1,
        webhook_name: 'a',
        delivery_id: null,
        outcome,
        reason: '',
        detail: {},
        until_at: null,
      }),
    );
    const { got, waits, missed } = splitWhy(rows);
    const outcomesOf = (some: typeof got) => some.map(({ outcome }) => outcome);
    expect(outcomesOf(got)).toEqual(['delivered']);
    expect(outcomesOf(waits)).toEqual(['pending', 'sending']);
    expect(outcomesOf(missed)).toEqual(['failed', 'cancelled', 'not_matched']);
  });

  test('has its times turned into local ones', () => {
    const now = Date.parse('2026-11-22T20:00:00Z');
    const said = 'Deliveries pause until 2026-11-22 20:01:06 UTC, then one is tried.';
    expect(withLocalTimes(said, now, 'Europe/Amsterdam')).toBe('Deliveries pause until 21:01, then one is tried.');
    expect(withLocalTimes('mostly since 19:15 UTC', now, 'Europe/Amsterdam')).toBe('mostly since 20:15');
  });
});

test('a request that takes another form on its way says so, as its body is not sent as it stands', () => {
  const alert = { payload: '{"type":"order.paid"}' } as Alert;
  const delivery = { id: 7, url: 'https://hooks.example/x', created_at: '2026-06-01T12:00:00Z' } as Delivery;
  const hook = (format: string) => ({ format, header_names: ['x-team'] }) as unknown as Webhook;
  expect(requestOf(delivery, undefined, alert, hook('slack'))).toMatchObject({ format: 'slack', body: alert.payload });
  const plain = requestOf(delivery, undefined, alert, hook('standard'));
  expect(plain).not.toHaveProperty('format');
  expect(plain?.headers).toContainEqual({ name: 'webhook-id', value: 'msg_7' });
  expect(plain?.headers).toContainEqual({ name: 'x-team', value: '…' });
});
