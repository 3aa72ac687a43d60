// The checker of the invariants finds what it is there to find: each kind of loss, invention and false book-keeping.
import { expect, test } from 'bun:test';
import { startFlow } from '../support/flow.ts';
import { countOpen, type Evidence, inspect } from '../support/invariants.ts';
import { until } from '../support/wait.ts';

const flow = await startFlow();
await flow.startWorker();
const webhook = await flow.makeWebhook();
const alertIds = await webhook.raise(3);
await webhook.attempted(3);
await until(async () => (await flow.api.workers.run_maintenance()) && (await countOpen(flow.sql)) === 0);
const requests = await webhook.received(3);
const [first = '', second = '', third = ''] = requests.map(({ headers }) => headers['webhook-id'] as string).toSorted();

const sound: Evidence = {
  acknowledgedIds: alertIds,
  webhookIds: [webhook.id],
  received: new Map([
    [first, 1],
    [second, 1],
    [third, 1],
  ]),
  orders: new Map([['/ordered', [first, second, third]]]),
  unverified: 0,
  inFlight: new Map(),
};
const wrongWith = async (changes: Partial<Evidence>) => (await inspect(flow.sql, { ...sound, ...changes })).wrong;

test('nothing is wrong with evidence that is sound', async () => {
  expect(await inspect(flow.sql, sound)).toEqual({ alerts: 3, deliveries: 3, duplicates: 0, wrong: [] });
});

test.each<[string, Partial<Evidence>]>([
  ['every acknowledged alert is kept', { acknowledgedIds: [...alertIds, 7] }],
  ['every alert has its delivery to every webhook', { webhookIds: [webhook.id, 99] }],
  ['no delivery is of an alert or to a webhook that is not', { webhookIds: [] }],
  [
    'what is logged as delivered arrived',
    {
      received: new Map([
        [first, 1],
        [third, 1],
      ]),
    },
  ],
  [
    'what arrived is in the log',
    { received: new Map([...sound.received, ['msg_7', 1]]), inFlight: new Map([['msg_7', 1]]) },
  ],
  ['only what was in flight arrives twice', { received: new Map([...sound.received, [second, 2]]) }],
  ['every signature is valid', { unverified: 1 }],
  ['an ordered webhook gets its deliveries in order', { orders: new Map([['/ordered', [second, first, third]]]) }],
])('it finds that it is not so that %s', async (promise, changes) => {
  expect(await wrongWith(changes)).toEqual([expect.stringMatching(new RegExp(`^${promise}: not so for [13]\\b`))]);
});

test('it excuses what was in flight, as often as it was, and no more', async () => {
  const received = new Map([...sound.received, [second, 3]]);
  expect(await wrongWith({ received, inFlight: new Map([[second, 2]]) })).toEqual([]);
  expect(await wrongWith({ received, inFlight: new Map([[second, 1]]), duplicatesMax: 1 })).toEqual([]);
  expect(await wrongWith({ received, inFlight: new Map([[second, 1]]) })).toHaveLength(1);
});

test('it lets what was raised at the same time come in any order, and nothing else', async () => {
  const [a = 0, b = 0, c = 0] = alertIds;
  const orders = new Map([['/ordered', [second, first, third]]]);
  const spans = (secondFrom: number) =>
    new Map([
      [a, { from: 1, to: 5 }],
      [b, { from: secondFrom, to: 9 }],
      [c, { from: 10, to: 11 }],
    ]);
  expect(await wrongWith({ orders, spans: spans(4) })).toEqual([]);
  expect(await wrongWith({ orders, spans: spans(6) })).toEqual([expect.stringMatching(/^an ordered webhook/)]);
  // One call raises in the order of its list.
  const together = { from: 1, to: 5 };
  const calls = new Map([a, b, c].map((id) => [id, together]));
  expect(await wrongWith({ orders, spans: calls })).toEqual([expect.stringMatching(/^an ordered webhook/)]);
});

test('it finds books that do not add up', async () => {
  await flow.sql`update tocsin_data.webhook_health_metrics set total_deliveries = 4 where webhook_id = ${webhook.id}`;
  expect(await wrongWith({})).toEqual([`the health of webhook ${webhook.id} is not the sum of its log`]);
  await flow.sql`update tocsin_data.webhook_health_metrics set total_deliveries = 3 where webhook_id = ${webhook.id}`;
  await flow.sql`update tocsin_data.webhook_lanes set busy_delivery_id = 1 where webhook_id = ${webhook.id}`;
  expect(await wrongWith({})).toEqual([`webhook ${webhook.id} is kept busy or parked by nothing`]);
  await flow.sql`update tocsin_data.webhook_lanes set busy_delivery_id = null where webhook_id = ${webhook.id}`;
  await flow.sql`update tocsin_data.alert_delivery_log set status = 'failed' where delivery_id = ${Number(first.slice(4))}`;
  expect((await wrongWith({}))[0]).toMatch(/^every delivery ends exactly once, as delivered: not so for 1/);
});
