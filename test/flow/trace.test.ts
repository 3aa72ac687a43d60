// A trace that a caller is in goes on to the receivers of its alerts, with every attempt; without tracing of our own it passes unchanged.
import { expect, test } from 'bun:test';
import { readTraceparent } from '../../src/trace_context.ts';
import { startFlow } from '../support/flow.ts';
import { testHttp } from '../support/http.ts';
import { isSignedBy } from '../support/receiver.ts';

const flow = await startFlow();
const http = await testHttp({ sql: flow.sql });
await flow.startWorker();
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const traceOf = (request?: { headers: Record<string, unknown> }) => request?.headers.traceparent;

test('the traceparent of POST /alerts arrives with each attempt, in header and signed payload', async () => {
  const webhook = await flow.makeWebhook({
    p_retry_policy: { schedule: [0] },
    behaviour: [
      { does: 'answer', status: 400 },
      { does: 'answer', status: 204 },
    ],
  });
  const headers = { traceparent: trace, tracestate: 'vendor=secret' };
  const answer = await http.post('/api/v1/alerts', { message: 'm', alert_type: webhook.event }, headers);
  expect(answer.status).toBe(201);
  const requests = await webhook.received(2);
  expect(requests.map(traceOf)).toEqual([trace, trace]);
  // What the caller's tracing system keeps for itself is not for others.
  expect(requests.map((request) => request.headers.tracestate)).toEqual([undefined, undefined]);
  expect(requests.every((request) => isSignedBy(webhook.secret, request))).toBe(true);
  expect(requests[0]?.json()).toMatchObject({ type: webhook.event, traceparent: trace, data: { message: 'm' } });
});

test('a list goes on with the trace of its request, SQL with the one it gives, and keys change nothing', async () => {
  const webhook = await flow.makeWebhook();
  const alert = { message: 'm', alert_type: webhook.event };
  await http.post('/api/v1/alerts/batch', [alert, alert], { traceparent: trace });
  await http.post('/api/v1/alerts/batch', [{ ...alert, dedupe_key: 'traced' }], { traceparent: trace });
  await flow.sql`select tocsin.raise_alert(${webhook.event}, 'm', p_traceparent => ${trace})`;
  const keyed = { 'idempotency-key': 'traced', traceparent: trace };
  const first = await http.post('/api/v1/alerts', alert, keyed);
  const again = await http.post('/api/v1/alerts', alert, {
    ...keyed,
    traceparent: trace.replace('b7ad6b7169203331', '00f067aa0ba902b7'),
  });
  expect(again.json).toEqual(first.json);
  expect((await webhook.received(5)).map(traceOf)).toEqual(Array(5).fill(trace));
});

test('an alert without a trace has none, whatever its context says, nor one whose traceparent is not well-formed', async () => {
  const webhook = await flow.makeWebhook();
  const alert = { message: `","traceparent":"${trace}"`, alert_type: webhook.event, context: { traceparent: trace } };
  await http.post('/api/v1/alerts', alert);
  await http.post('/api/v1/alerts', alert, { traceparent: `${trace.slice(0, -2)}zz` });
  expect((await webhook.received(2)).map(traceOf)).toEqual([undefined, undefined]);
  const refused = flow.sql`select tocsin.raise_alert(${webhook.event}, 'm', p_traceparent => 'x","data":{"a":"b')`;
  expect(await refused.catch((error) => error.code)).toBe('INVLD');
});

test('a header of the webhook cannot take the place of the trace', async () => {
  const sealed = flow.vault.seal(JSON.stringify({ Traceparent: 'mine' }), 'webhook_headers');
  const webhook = await flow.makeWebhook({ p_headers_sealed: sealed, p_header_names: ['Traceparent'] });
  await http.post('/api/v1/alerts', { message: 'm', alert_type: webhook.event }, { traceparent: trace });
  expect(traceOf((await webhook.received(1))[0])).toBe(trace);
});

test.each([
  [trace, trace],
  ['01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more', trace],
  [`${trace}-more`, undefined],
  [trace.toUpperCase(), undefined],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', undefined],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
  ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', undefined],
  [null, undefined],
])('%p is read as %p', (header, expected) => {
  expect(readTraceparent(header)).toBe(expected);
});
