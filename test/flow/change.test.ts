// A webhook that is changed while it is in use: the very next delivery goes by the new settings.
import { expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import { sealSecret, startFlow } from '../support/flow.ts';
import { isSignedBy, type ReceivedRequest } from '../support/receiver.ts';
import { until } from '../support/wait.ts';

const flow = await startFlow();
const { sql, api, receiver, vault } = flow;
const raced = await startFlow();
await flow.startWorker();

const signaturesOf = (request: ReceivedRequest | undefined) => request?.headers['webhook-signature']?.split(' ').length;

test('a rotated secret signs beside the old one until the overlap is over, and then alone', async () => {
  const webhook = await flow.makeWebhook();
  const { secret, sealed } = sealSecret(vault);
  await webhook.raise();
  await webhook.received(1);
  const until_at = await api.webhooks.rotate_webhook_secret({
    p_tenant_id: 1,
    p_webhook_id: webhook.id,
    p_secret_sealed: sealed,
    p_overlap_seconds: 3,
  });
  await webhook.raise();
  const [, during] = await webhook.received(2);
  await until(() => Date.now() > new Date(until_at).getTime());
  // Nothing in the database has changed since: the worker itself must notice that the time is over.
  await webhook.raise();
  const [before, , after] = await webhook.received(3);
  expect([before, during, after].map(signaturesOf)).toEqual([1, 2, 1]);
  const signedBy = (key: string) =>
    [before, during, after].map((request) => isSignedBy(key, request as ReceivedRequest));
  expect(signedBy(webhook.secret)).toEqual([true, true, false]);
  expect(signedBy(secret)).toEqual([false, true, true]);
});

test('a secret rotated without overlap, a new URL and new headers count from the very next delivery', async () => {
  const webhook = await flow.makeWebhook();
  await webhook.raise();
  await webhook.received(1);
  const { secret, sealed } = sealSecret(vault);
  const key = { p_tenant_id: 1, p_webhook_id: webhook.id };
  await api.webhooks.rotate_webhook_secret({ ...key, p_secret_sealed: sealed, p_overlap_seconds: 0 });
  await webhook.raise();
  const [, second] = await webhook.received(2);
  expect(isSignedBy(secret, second as ReceivedRequest)).toBe(true);
  expect(signaturesOf(second)).toBe(1);
  await webhook.change({
    url: `${receiver.url}/moved${webhook.path}`,
    header_names: ['x-new'],
    headers_sealed: vault.seal('{"x-new": "1"}', 'webhook_headers'),
  });
  await webhook.raise();
  const [moved] = await receiver.waitFor(1, { path: `/moved${webhook.path}` });
  expect(moved?.headers['x-new']).toBe('1');
  expect(receiver.requests.filter(({ path }) => path === webhook.path)).toHaveLength(2);
});

test('a plain update of the table counts as well', async () => {
  const webhook = await flow.makeWebhook();
  await webhook.raise();
  await webhook.received(1);
  await sql`update tocsin_data.webhooks set url = ${`${receiver.url}/typed${webhook.path}`} where webhook_id = ${webhook.id}`;
  await webhook.raise();
  await receiver.waitFor(1, { path: `/typed${webhook.path}` });
});

test('a webhook whose secret cannot be opened fails visibly, and holds up nobody', async () => {
  const stranger = sealSecret({ ...vault, seal: () => 'v1.another.key.altogether' }).sealed;
  const broken = await flow.makeWebhook({
    p_secret_sealed: stranger,
    p_events: ['opened.*'],
    p_retry_policy: { max_retries: 0 },
  });
  const sound = await flow.makeWebhook({ p_events: ['opened.*'] });
  await api.alerts.raise_alert({ p_alert_type: 'opened.x', p_message: 'to both' });
  await sound.received(1);
  expect(await broken.attempted(1)).toMatchObject([
    { status: 'failed', status_code: null, error: expect.stringMatching(/^not_sendable: /) },
  ]);
  expect(receiver.requests.filter(({ path }) => path === broken.path)).toEqual([]);
});

test('what waits for a webhook that is deleted ends as cancelled and is not sent', async () => {
  const webhook = await flow.makeWebhook({
    behaviour: { does: 'answer', status: 500 },
    p_retry_policy: { schedule: [60] },
  });
  await webhook.raise();
  await webhook.attempted(1);
  await webhook.change({ is_active: false });
  await webhook.raise();
  await api.webhooks.delete_webhook({ p_tenant_id: 1, p_webhook_id: webhook.id });
  const attempts = await webhook.attempted(3);
  expect(attempts.map(({ status }) => status).toSorted()).toEqual(['cancelled', 'cancelled', 'retrying']);
  expect(receiver.requests.filter(({ path }) => path === webhook.path)).toHaveLength(1);
});

test('a webhook that is deleted between the claim and the sending is not called', async () => {
  const webhook = await raced.makeWebhook();
  const key = { p_tenant_id: 1, p_webhook_id: webhook.id };
  const calls = makeApi(raced.sql).workers;
  let isLast = false;
  await raced.startWorker({
    calls: {
      ...calls,
      async get_delivery_targets(args) {
        if (isLast) await raced.api.webhooks.delete_webhook(key);
        return calls.get_delivery_targets(args);
      },
    },
  });
  await webhook.raise();
  await webhook.attempted(1);
  isLast = true;
  // The worker knows the webhook, but in an older version than the claim names.
  await webhook.change({ description: 'newer' });
  await webhook.raise();
  expect(await webhook.attempted(2)).toMatchObject([{ status: 'delivered' }, { status: 'cancelled' }]);
  expect(raced.receiver.requests).toHaveLength(1);
});
