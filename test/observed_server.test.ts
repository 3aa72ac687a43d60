// A real server, observed from outside: its spans at a collector, its unexpected errors at Sentry, its lines in a file that is rotated.
import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCli, startScript } from './support/children.ts';
import { startCollector } from './support/collector.ts';
import { startFlow } from './support/flow.ts';
import { until } from './support/wait.ts';

const flow = await startFlow();
const collector = startCollector();
const directory = mkdtempSync(join(tmpdir(), 'tocsin-observed-'));
const logFile = join(directory, 'tocsin.log');
const server = await startCli(['serve'], {
  ready: /"serving"[^\n]*"url":"([^"]+)"/,
  env: {
    DATABASE_URL: flow.url,
    ENVIRONMENT: 'development',
    API_PORT: '0',
    LOG_FILE: logFile,
    API_LOG_LEVEL: 'DEBUG',
    ENCRYPTION_KEY: 'the key that seals what tests store',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'alerting',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=blue',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    SENTRY_DSN: collector.dsn,
  },
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});
const [, url = ''] = server.ready;
const traceId = '0af7651916cd43dd8448eb211c80319c';
const caller = `00-${traceId}-b7ad6b7169203331-01`;

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/v1/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const spansOf = (id: string) => collector.spans.filter((span) => span.traceId === id);

test('one trace leads from the caller by request and SQL call to the delivery and its receiver', async () => {
  const webhook = await flow.makeWebhook();
  const answer = await post(
    { message: 'm', alert_type: webhook.event },
    { traceparent: caller, 'x-request-id': 'r-1' },
  );
  expect(answer.status).toBe(201);
  const [request] = await webhook.received(1);
  await until(() => spansOf(traceId).some(({ name }) => name === 'deliver'), { what: 'the span of the delivery' });
  const byName = Object.fromEntries(spansOf(traceId).map((span) => [span.name, span]));
  const { 'POST /api/v1/alerts': served, raise_and_get_alert: raised, deliver: delivered } = byName;
  expect(served).toMatchObject({
    kind: 2,
    parentSpanId: 'b7ad6b7169203331',
    attributes: { 'http.route': '/api/v1/alerts', 'http.response.status_code': 201, 'tocsin.request_id': 'r-1' },
    resource: { 'service.name': 'alerting', 'deployment.environment.name': 'test' },
  });
  expect(collector.spanHeaders.get('x-team')).toBe('blue');
  expect(raised).toMatchObject({
    kind: 3,
    parentSpanId: served?.spanId,
    attributes: { 'db.system.name': 'postgresql' },
  });
  expect(delivered).toMatchObject({
    kind: 4,
    parentSpanId: served?.spanId,
    attributes: { 'tocsin.webhook_id': webhook.id, 'tocsin.attempt': 1, 'http.response.status_code': 204 },
  });
  expect(request?.headers.traceparent).toBe(`00-${traceId}-${delivered?.spanId}-01`);
});

test("without a caller's trace the request begins one, a failed delivery is an error, and each attempt has its span", async () => {
  const behaviour = [{ does: 'answer', status: 500 } as const, { does: 'answer', status: 204 } as const];
  const webhook = await flow.makeWebhook({ behaviour, p_retry_policy: { schedule: [0] } });
  await post({ message: 'm', alert_type: webhook.event });
  const requests = await webhook.received(2);
  const [, id = ''] = String(requests[0]?.headers.traceparent).split('-');
  await until(() => spansOf(id).filter(({ name }) => name === 'deliver').length === 2, { what: 'two attempts' });
  const attempts = spansOf(id).filter(({ name }) => name === 'deliver');
  const served = spansOf(id).find(({ kind }) => kind === 2);
  expect(served?.parentSpanId ?? '').toBe('');
  expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual([served?.spanId, served?.spanId]);
  expect(attempts.map(({ attributes, status }) => [attributes['tocsin.attempt'], status.code])).toEqual([
    [1, 2],
    [2, 0],
  ]);
  expect(attempts[0]?.status.message).toBe('http_500');
});

test('reads at the same time have each their own SQL call in their trace', async () => {
  const traces = Array.from({ length: 8 }, (_, i) => `${i + 1}`.repeat(32));
  await Promise.all(
    traces.map((id, i) =>
      fetch(`${url}/api/v1/webhooks/${900_000 + i}`, { headers: { traceparent: `00-${id}-b7ad6b7169203331-01` } }),
    ),
  );
  for (const id of traces) {
    const call = await until(() => spansOf(id).find(({ kind }) => kind === 3), { what: `the SQL call of ${id}` });
    const served = await until(() => spansOf(id).find(({ kind }) => kind === 2), { what: `the request of ${id}` });
    expect([call.name, call.parentSpanId]).toEqual(['get_webhook', served.spanId]);
  }
});

test('what the caller does not want kept is not sent, and its trace goes on all the same', async () => {
  const webhook = await flow.makeWebhook();
  const unkept = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
  await post({ message: 'm', alert_type: webhook.event }, { traceparent: `00-${unkept}-b7ad6b7169203331-00` });
  const [request] = await webhook.received(1);
  expect(request?.headers.traceparent).toMatch(new RegExp(`^00-${unkept}-[0-9a-f]{16}-00$`));
  expect(spansOf(unkept)).toEqual([]);
});

test('an unexpected error is logged and reported with its request, and with no secret; an expected one is not reported', async () => {
  await flow.sql.unsafe(`drop function tocsin.get_alert_summary(integer);
    create function tocsin.get_alert_summary(p_tenant_id integer) returns void language plpgsql as $$
    begin raise exception 'no postgres://u:hunter2@db/ with whsec_cGxhbnRlZCBzaWduaW5nIHNlY3JldA=='; end $$`);
  expect((await fetch(`${url}/api/v1/webhooks/999999`)).status).toBe(404);
  const headers = { 'x-request-id': 'r-500', traceparent: caller };
  expect((await fetch(`${url}/api/v1/alerts/stats/summary`, { headers })).status).toBe(500);
  const envelope = await until(() => collector.envelopes.find((text) => text.includes('r-500')), {
    what: 'an envelope',
  });
  const [, , event = ''] = envelope.split('\n');
  expect(JSON.parse(event)).toMatchObject({
    level: 'error',
    environment: 'development',
    tags: { request_id: 'r-500', trace_id: traceId, path: '/api/v1/alerts/stats/summary' },
    exception: { values: [{ value: 'no postgres://u:…@db/ with whsec_…' }] },
  });
  const lineOf = () =>
    server
      .output()
      .split('\n')
      .find((text) => text.includes('r-500'));
  const line = await until(lineOf, { what: 'the line of the error' });
  expect(JSON.parse(line)).toMatchObject({ level: 'error', request_id: 'r-500', trace_id: traceId });
  expect([...collector.envelopes, line, readFileSync(logFile, 'utf8')].join()).not.toMatch(/hunter2|cGxhbnRlZCBz/);
  expect(collector.envelopes.filter((text) => text.includes('"exception"'))).toHaveLength(1);
});

test('SIGHUP and a renamed log file leave the server running, and its next line in a new file', async () => {
  await until(() => existsSync(logFile));
  renameSync(logFile, `${logFile}.1`);
  process.kill(server.pid, 'SIGHUP');
  await until(() => existsSync(logFile) && readFileSync(logFile, 'utf8').includes('reopened the log file'), {
    what: 'a line in the new file',
  });
  const lines = readFileSync(`${logFile}.1`, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).message)).toContain('serving');
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('a program that stops by a bug reports it before it ends', async () => {
  const program = await startScript('test/support/crashing_program.ts', [], {
    ready: /"stopped"/,
    env: { SENTRY_DSN: collector.dsn },
  });
  // A signal that changes nothing: it ends by itself.
  expect(await program.stop('SIGCONT')).toBe(1);
  const envelope = collector.envelopes.find((text) => text.includes('cannot go on')) ?? '';
  expect(envelope).toContain('"log_message":"stopping after an unexpected error"');
  expect(envelope + program.output()).not.toContain('hunter2');
});

test('at the level DEBUG every request has a line with its id, its trace and what it took', async () => {
  const lines = server
    .output()
    .split('\n')
    .filter((line) => line.includes('"message":"request"'));
  const found = lines.map((line) => JSON.parse(line)).find(({ request_id }) => request_id === 'r-1');
  expect(found).toMatchObject({
    level: 'debug',
    trace_id: traceId,
    method: 'POST',
    path: '/api/v1/alerts',
    status: 201,
  });
  expect(typeof found.ms).toBe('number');
});
