// The ping behind POST /webhooks/{id}/test: one signed message now, past the queue, and the answer that it got.
import { expect, test } from 'bun:test';
import { makePing } from '../../src/delivery/ping.ts';
import { makeAddressPolicy } from '../../src/store/address_rules.ts';
import { startFlow } from '../support/flow.ts';
import { isSignedBy, type ReceivedRequest } from '../support/receiver.ts';

const flow = await startFlow();
const policy = makeAddressPolicy({ allowLoopback: true, allowedNetworks: [] });
const { get_delivery_targets } = flow.api.workers;
const ping = makePing({ get_delivery_targets, open: flow.vault.open, policy });

test('a ping is signed, gets through to a webhook that is disabled, and leaves no trace in the log', async () => {
  const webhook = await flow.makeWebhook({
    p_is_active: false,
    behaviour: { does: 'answer', status: 200, body: 'pong' },
  });
  const result = await ping(webhook.id);
  expect(result).toMatchObject({ outcome: 'delivered', status_code: 200, response_body: 'pong', error: null });
  const [request] = (await webhook.received(1)) as [ReceivedRequest];
  expect(request.headers['webhook-id']).toBe(result.message_id);
  expect(request.body.toString()).toBe(result.request_body);
  expect(request.json()).toMatchObject({ type: 'tocsin.ping', data: {} });
  expect(isSignedBy(webhook.secret, request)).toBe(true);
  expect(await webhook.attempts()).toEqual([]);
  expect(await webhook.row()).toMatchObject({ total_deliveries: 0, pending_deliveries: 0 });
});

test('a ping goes by the settings of this moment, and says how the receiver failed', async () => {
  const webhook = await flow.makeWebhook();
  expect(await ping(webhook.id)).toMatchObject({ outcome: 'delivered', status_code: 204 });
  flow.receiver.on('/new', { does: 'answer', status: 503, headers: { 'retry-after': '7' } });
  await webhook.change({ url: `${flow.receiver.url}/new` });
  expect(await ping(webhook.id)).toMatchObject({ outcome: 'throttled', status_code: 503, retry_after_seconds: 7 });
  await webhook.change({ url: 'http://169.254.169.254/' });
  expect(await ping(webhook.id)).toMatchObject({
    outcome: 'failed',
    error: expect.stringMatching(/^address_forbidden: /),
  });
});

test('a ping to a webhook that was deleted says so', async () => {
  const webhook = await flow.makeWebhook();
  await flow.api.webhooks.delete_webhook({ p_tenant_id: 1, p_webhook_id: webhook.id });
  expect(await ping(webhook.id)).toMatchObject({
    outcome: 'failed',
    error: expect.stringMatching(/^webhook_missing: /),
  });
  expect(flow.receiver.requests.filter(({ path }) => path === webhook.path)).toEqual([]);
});
