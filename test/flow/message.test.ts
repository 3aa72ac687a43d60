// From raise_alert to the receiver: what arrives is what was raised, in the headers and the body that the contract fixes.
import { expect, test } from 'bun:test';
import { version } from '../../package.json' with { type: 'json' };
import { startFlow } from '../support/flow.ts';
import { isSignedBy } from '../support/receiver.ts';

const flow = await startFlow();
const { sql, api, receiver, vault } = flow;
await flow.startWorker();

test('an alert raised in SQL arrives with exactly the headers and the body of the contract', async () => {
  const webhook = await flow.makeWebhook();
  const message = 'quotes " \\ , line\n and \u001e \u2028 ü 漢 🚨';
  const [raised] = await sql<{ alert_id: number }[]>`
    select tocsin.raise_alert(${webhook.event}, ${message}, 'CRITICAL', '{"b": {"c": [1, null]}, "a": 1.50}', 'UPDATE') as alert_id`;
  const [request] = await webhook.received(1);
  const [attempt] = await webhook.attempted(1);
  const {
    host,
    'content-length': length,
    'webhook-timestamp': at,
    'webhook-signature': signed,
    ...rest
  } = request?.headers ?? {};
  expect(request?.method).toBe('POST');
  expect(rest).toEqual({
    'content-type': 'application/json',
    'user-agent': `Tocsin/${version}`,
    'webhook-id': `msg_${attempt?.delivery_id}`,
    'accept-encoding': 'identity',
    accept: '*/*',
    connection: 'keep-alive',
  });
  expect(host).toBe(new URL(receiver.url).host);
  expect(length).toBe(String(request?.body.length));
  expect(signed).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
  expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(60);
  expect(request?.json()).toEqual({
    type: webhook.event,
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    data: {
      alert_id: raised?.alert_id,
      severity: 'CRITICAL',
      message,
      operation_type: 'UPDATE',
      context: { a: 1.5, b: { c: [1, null] } },
    },
  });
  const stored = await sql`select payload from tocsin_data.alerts where alert_id = ${raised?.alert_id ?? 0}`;
  expect(stored).toMatchObject([{ payload: request?.body.toString() }]);
});

test('what arrives is signed for its webhook and for no other', async () => {
  const [one, other] = [await flow.makeWebhook(), await flow.makeWebhook()];
  await one.raise();
  await other.raise();
  const [[first], [second]] = await Promise.all([one.received(1), other.received(1)]);
  if (!first || !second) throw new Error('Nothing came.');
  expect([isSignedBy(one.secret, first), isSignedBy(other.secret, second)]).toEqual([true, true]);
  expect([isSignedBy(other.secret, first), isSignedBy(one.secret, second)]).toEqual([false, false]);
});

test('one alert reaches each webhook that matches, and each of many alerts keeps its own body', async () => {
  const event = 'fan.out';
  const webhooks = await Promise.all([1, 2, 3].map(() => flow.makeWebhook({ p_events: ['fan.*'] })));
  const deaf = await flow.makeWebhook({ p_events: ['fan.*'], p_min_severity: 'CRITICAL' });
  const ids = await api.alerts.raise_alerts({
    p_alerts: Array.from({ length: 20 }, (_, i) => ({ alert_type: event, message: `${i},\u001e` })),
  });
  for (const webhook of webhooks) {
    const bodies = (await webhook.received(20)).map((request) => request.json().data as Record<string, unknown>);
    expect(bodies.map(({ alert_id }) => alert_id as number).toSorted()).toEqual(ids);
    for (const { alert_id, message } of bodies) expect(message).toBe(`${ids.indexOf(alert_id as number)},\u001e`);
  }
  expect(await deaf.attempts()).toEqual([]);
  expect(receiver.requests.filter(({ path }) => path === deaf.path)).toEqual([]);
});

test('a retry carries the same id and the same bytes, signed anew', async () => {
  const webhook = await flow.makeWebhook({
    behaviour: [
      { does: 'answer', status: 500 },
      { does: 'answer', status: 200 },
    ],
  });
  await webhook.raise();
  const requests = await webhook.received(2);
  expect(requests[1]?.headers['webhook-id']).toBe(requests[0]?.headers['webhook-id'] as string);
  expect(requests[1]?.body).toEqual(requests[0]?.body as Buffer);
  expect(requests.map((request) => isSignedBy(webhook.secret, request))).toEqual([true, true]);
});

test('custom headers ride along, and none takes the place of ours', async () => {
  const headers = {
    authorization: 'Bearer abc',
    'x-team': 'ops',
    'Webhook-Id': 'forged',
    'content-type': 'text/plain',
  };
  const webhook = await flow.makeWebhook({
    p_header_names: Object.keys(headers),
    p_headers_sealed: vault.seal(JSON.stringify(headers), 'webhook_headers'),
  });
  await webhook.raise();
  const [request] = await webhook.received(1);
  expect(request?.headers).toMatchObject({
    authorization: 'Bearer abc',
    'x-team': 'ops',
    'content-type': 'application/json',
    'webhook-id': expect.stringMatching(/^msg_\d+$/),
  });
});

test('a transaction that rolls back sends nothing, and one that is open sends nothing yet', async () => {
  const webhook = await flow.makeWebhook();
  const rollback = new Error('rollback');
  const rolledBack = sql.begin(async (tx) => {
    await tx`select tocsin.raise_alert(${webhook.event}, 'never')`;
    throw rollback;
  });
  expect(await rolledBack.catch((error) => error)).toBe(rollback);
  await sql.begin(async (tx) => {
    await tx`select tocsin.raise_alert(${webhook.event}, 'second')`;
    await webhook.raise();
    // What was raised later and is committed arrives, so the worker has looked: it saw nothing of the open transaction.
    await webhook.received(1);
  });
  const requests = await webhook.received(2);
  const messages = requests.map((request) => (request.json().data as { message: string }).message);
  expect(messages).toEqual(['m0', 'second']);
  expect(await webhook.attempted(2)).toHaveLength(2);
  expect(await webhook.row()).toMatchObject({ pending_deliveries: 0, total_deliveries: 2 });
});
