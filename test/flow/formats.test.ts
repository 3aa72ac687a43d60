// Webhooks of other formats, from the alert to the receiver: what is signed is what is sent.
import { expect, test } from 'bun:test';
import { startFlow } from '../support/flow.ts';
import { isSignedBy } from '../support/receiver.ts';

const flow = await startFlow();
await flow.startWorker();

test.each(['slack', 'discord', 'teams'])(
  'a webhook of format %s gets the signed body of that format',
  async (format) => {
    const webhook = await flow.makeWebhook({ p_format: format });
    await webhook.raise();
    const [request] = await webhook.received(1);
    if (!request) throw new Error('Nothing came.');
    expect(isSignedBy(webhook.secret, request)).toBeTrue();
    expect(Object.keys(request.json())).toContain(
      { slack: 'text', discord: 'embeds', teams: 'attachments' }[format] ?? '',
    );
    expect(JSON.stringify(request.json())).toContain('m0');
  },
);

test('an event for PagerDuty has its routing key in the body, and nowhere else', async () => {
  const key = 'R0123456789abcdefR0123456789abcd';
  const webhook = await flow.makeWebhook({
    p_format: 'pagerduty',
    p_header_names: ['x-routing-key'],
    p_headers_sealed: flow.vault.seal(JSON.stringify({ 'x-routing-key': key }), 'webhook_headers'),
  });
  const [alertId] = await webhook.raise();
  const [request] = await webhook.received(1);
  if (!request) throw new Error('Nothing came.');
  expect(isSignedBy(webhook.secret, request)).toBeTrue();
  expect(request.json()).toMatchObject({ routing_key: key, event_action: 'trigger', dedup_key: `tocsin-${alertId}` });
  expect(JSON.stringify(request.headers)).not.toContain(key);
});

test('without a routing key nothing is sent, and the log says why', async () => {
  const webhook = await flow.makeWebhook({ p_format: 'pagerduty', p_retry_policy: { max_retries: 0 } });
  await webhook.raise();
  const [attempt] = await webhook.attempted(1);
  expect(attempt).toMatchObject({ status: 'failed', error: expect.stringContaining('routing key') });
  expect(flow.receiver.requests.filter(({ path }) => path === webhook.path)).toEqual([]);
});
