// Receivers that fail, each in its way: what is recorded, what is tried again, and that nobody else notices.
import { expect, test } from 'bun:test';
import { startFlow } from '../support/flow.ts';
import { startReceiver } from '../support/receiver.ts';
import type { Attempt } from '../support/test_webhook.ts';
import { until } from '../support/wait.ts';

const flow = await startFlow();
const { sql, api, receiver } = flow;
await flow.startWorker();

const countAt = (path: string) => receiver.requests.filter((request) => request.path === path).length;
const summaryOf = (attempts: Attempt[]) => attempts.map(({ status, status_code }) => [status, status_code]);

test('an answer that comes late, but in time, is a delivery like any other', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const webhook = await flow.makeWebhook({ behaviour: { does: 'answer_late', after: promise } });
  await webhook.raise();
  await webhook.received(1);
  expect(await webhook.attempts()).toEqual([]);
  resolve();
  expect(summaryOf(await webhook.attempted(1))).toEqual([['delivered', 204]]);
  expect(countAt(webhook.path)).toBe(1);
});

test('a 500 is tried again by the schedule, and both attempts are in the log and in the health', async () => {
  const webhook = await flow.makeWebhook({
    behaviour: [
      { does: 'answer', status: 500, body: 'boom' },
      { does: 'answer', status: 200, body: 'fine' },
    ],
    p_retry_policy: { schedule: [0.2] },
  });
  await webhook.raise();
  const [first, second] = await webhook.attempted(2);
  expect(first).toMatchObject({
    attempt: 1,
    status: 'retrying',
    error: expect.stringMatching(/^http_500: /),
    response_body: 'boom',
  });
  expect(second).toMatchObject({
    attempt: 2,
    status: 'delivered',
    error: null,
    response_body: 'fine',
    next_attempt_at: null,
  });
  const waited = Number(first?.next_attempt_at) - Number(first?.attempted_at);
  expect(waited).toBeGreaterThanOrEqual(180);
  expect(waited).toBeLessThanOrEqual(220);
  expect(Number(second?.attempted_at)).toBeGreaterThanOrEqual(Number(first?.next_attempt_at));
  expect(await webhook.row()).toMatchObject({ total_deliveries: 2, successful_deliveries: 1, failed_deliveries: 1 });
});

test('of a failing answer the headers that help are kept, and no cookies; of a success none', async () => {
  const headers = {
    'content-type': 'text/html',
    'retry-after': '0',
    'set-cookie': 'session=secret',
    'x-secret': 'secret',
  };
  const webhook = await flow.makeWebhook({
    behaviour: [
      { does: 'answer', status: 500, body: 'boom', headers: { ...headers, 'x-request-id': 'r'.repeat(300) } },
      { does: 'answer', status: 200, body: 'fine', headers },
    ],
    p_retry_policy: { schedule: [0] },
  });
  await webhook.raise();
  await webhook.attempted(2);
  const read = async () => {
    const [delivery] = await api.deliveries.list_deliveries({ p_tenant_id: 1, p_webhook_id: webhook.id });
    return api.deliveries.list_attempts({ p_tenant_id: 1, p_delivery_id: delivery?.id ?? 0 });
  };
  await until(async () => (await read())[0]?.response_headers !== null, { what: 'the headers of the first answer' });
  const [first, second] = await read();
  expect(first?.response_headers).toMatchObject({
    'content-type': 'text/html',
    'retry-after': '0',
    'x-request-id': 'r'.repeat(200),
  });
  expect(JSON.stringify(first?.response_headers)).not.toContain('secret');
  expect(second?.response_headers).toBeNull();
});

test('a redirect is a failure and is not followed', async () => {
  const webhook = await flow.makeWebhook({
    behaviour: { does: 'answer', status: 307, headers: { location: `${receiver.url}/elsewhere` } },
    p_retry_policy: { max_retries: 0 },
  });
  await webhook.raise();
  expect(await webhook.attempted(1)).toMatchObject([
    { status: 'failed', status_code: 307, error: expect.stringMatching(/^redirected: /) },
  ]);
  expect(countAt('/elsewhere')).toBe(0);
});

test('a 410 disables the webhook; what waits is kept, and sent when it is enabled again', async () => {
  const webhook = await flow.makeWebhook({ behaviour: [{ does: 'answer', status: 410 }, { does: 'answer' }] });
  await webhook.raise();
  expect(summaryOf(await webhook.attempted(1))).toEqual([['failed', 410]]);
  expect(await webhook.row()).toMatchObject({ is_active: false, disabled_reason: 'The receiver answered 410 Gone.' });
  await webhook.raise(2);
  await until(
    async () => (await sql`select from tocsin_data.alert_delivery_parked where webhook_id = ${webhook.id}`).count === 2,
  );
  expect(countAt(webhook.path)).toBe(1);
  await api.webhooks.enable_webhook({ p_tenant_id: 1, p_webhook_id: webhook.id });
  expect(summaryOf(await webhook.attempted(3))).toEqual([
    ['failed', 410],
    ['delivered', 204],
    ['delivered', 204],
  ]);
  expect(await webhook.row()).toMatchObject({ is_active: true, disabled_reason: null, pending_deliveries: 0 });
});

test('a 429 with retry-after holds the whole webhook for that long, and no other', async () => {
  const behaviour = [
    { does: 'answer', status: 429, headers: { 'retry-after': '1' } } as const,
    { does: 'answer' } as const,
  ];
  const webhook = await flow.makeWebhook({ behaviour });
  const other = await flow.makeWebhook();
  await webhook.raise();
  await webhook.attempted(1);
  await webhook.raise(3);
  await other.raise(3);
  await other.received(3);
  const [first, ...later] = await webhook.received(5);
  // The worker cannot have known of the answer before it was asked, so a second from then is the least.
  for (const { receivedAtMs } of later) expect(receivedAtMs - (first?.receivedAtMs ?? 0)).toBeGreaterThanOrEqual(1000);
  const attempts = await webhook.attempted(5);
  expect(attempts.map(({ status }) => status)).toEqual([
    'retrying',
    'delivered',
    'delivered',
    'delivered',
    'delivered',
  ]);
});

test('a receiver that hangs costs its own deliveries their timeout, and nobody else anything', async () => {
  const webhook = await flow.makeWebhook({
    behaviour: { does: 'hang' },
    // Long enough for all that the others get meanwhile, on a busy machine too.
    p_timeout_seconds: 4,
    p_retry_policy: { max_retries: 0 },
  });
  const other = await flow.makeWebhook();
  await webhook.raise(30);
  // Its max_in_flight is 10, of the 64 that the worker may have.
  await webhook.received(10);
  await other.raise(50);
  await other.attempted(50);
  expect(await webhook.attempts()).toEqual([]);
  expect(countAt(webhook.path)).toBe(10);
  const [first] = await webhook.attempted(10);
  expect(first).toMatchObject({ status: 'failed', status_code: null, error: expect.stringMatching(/^timeout: /) });
});

test('no more than max_in_flight are in flight at once', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const webhook = await flow.makeWebhook({ behaviour: { does: 'answer_late', after: promise }, p_max_in_flight: 3 });
  const other = await flow.makeWebhook();
  await webhook.raise(12);
  await webhook.received(3);
  await other.raise(20);
  await other.attempted(20);
  expect(countAt(webhook.path)).toBe(3);
  resolve();
  await webhook.attempted(12);
  expect(countAt(webhook.path)).toBe(12);
});

test('an answer that breaks off in its body is a failure, even with status 200', async () => {
  const webhook = await flow.makeWebhook({ behaviour: [{ does: 'close_mid_body' }, { does: 'answer' }] });
  await webhook.raise();
  const [first, second] = await webhook.attempted(2);
  expect(first).toMatchObject({ status: 'retrying', error: expect.stringMatching(/^connection_closed: /) });
  expect(second).toMatchObject({ status: 'delivered', status_code: 204 });
});

test('a gzip bomb is a delivery of which a kilobyte is kept', async () => {
  const webhook = await flow.makeWebhook({ behaviour: { does: 'gzip_bomb' } });
  const before = process.memoryUsage.rss();
  await webhook.raise(20);
  const attempts = await webhook.attempted(20);
  expect(new Set(attempts.map(({ status }) => status))).toEqual(new Set(['delivered']));
  for (const { response_body } of attempts) expect(response_body?.length).toBeLessThanOrEqual(1024);
  // Twenty times 48 MB, had they been unpacked.
  expect(process.memoryUsage.rss() - before).toBeLessThan(400e6);
});

test('a receiver that flaps gets everything in the end, and its health adds up to the log', async () => {
  const ways = [
    { does: 'answer', status: 500 },
    { does: 'answer' },
    { does: 'close_mid_headers' },
    { does: 'answer' },
    { does: 'answer' },
  ] as const;
  const behaviour = Array.from({ length: 200 }, (_, i) => ways[i % ways.length] ?? ways[1]);
  const webhook = await flow.makeWebhook({
    behaviour,
    p_max_in_flight: 1,
    p_retry_policy: { schedule: [0.1], max_retries: 20 },
  });
  const ids = await webhook.raise(15);
  const delivered = await until(async () => {
    const ended = (await webhook.attempts()).filter(({ status }) => status === 'delivered');
    return ended.length === ids.length ? ended : undefined;
  });
  expect(new Set(delivered.map(({ alert_id }) => alert_id))).toEqual(new Set(ids));
  const attempts = await webhook.attempts();
  expect(countAt(webhook.path)).toBe(attempts.length);
  expect(await webhook.row()).toMatchObject({
    total_deliveries: attempts.length,
    successful_deliveries: 15,
    failed_deliveries: attempts.length - 15,
    pending_deliveries: 0,
  });
});

test('a delivery that fails to the end of its schedule is given up visibly, and nothing of it waits', async () => {
  const gone = await startReceiver();
  await gone.stop();
  const webhook = await flow.makeWebhook({ p_url: gone.url, p_retry_policy: { schedule: [0.02, 0.02] } });
  await webhook.raise();
  const attempts = await webhook.attempted(3);
  expect(attempts.map(({ attempt, status }) => [attempt, status])).toEqual([
    [1, 'retrying'],
    [2, 'retrying'],
    [3, 'failed'],
  ]);
  for (const { error } of attempts) expect(error).toMatch(/^connection_refused: /);
  expect(await webhook.row()).toMatchObject({ pending_deliveries: 0, total_deliveries: 3, failed_deliveries: 3 });
});

test('a forbidden address is refused when it is resolved, and never called', async () => {
  const metadata = await flow.makeWebhook({
    p_url: 'http://169.254.169.254/latest',
    p_retry_policy: { max_retries: 0 },
  });
  await metadata.raise();
  expect(await metadata.attempted(1)).toMatchObject([
    { status: 'failed', error: expect.stringMatching(/^address_forbidden: /) },
  ]);
});
