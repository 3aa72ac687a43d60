// Requests that raise alerts at the same time share calls of the database, and each gets the answer or the error of its own alert.
import { expect, test } from 'bun:test';
import { gatherRaises } from '../../src/http/raising.ts';
import { makeApi } from '../../src/store/api.ts';
import { CallTimeout } from '../../src/store/call.ts';
import { makeWebhooks } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

type Alert = { message: string };
type Sent = { messages: string[]; tenant: number | undefined; end: (error?: unknown) => void };

/** Calls that end when the test says so; whoever raises `bad` alone is refused. */
function makeCalls(now?: () => number) {
  const sent: Sent[] = [];
  const wait = async <T>(messages: string[], tenant: number | undefined, answer: () => T): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    sent.push({ messages, tenant, end: (error) => (error === undefined ? resolve() : reject(error)) });
    await promise;
    return answer();
  };
  const raise = gatherRaises(
    {
      raise_and_get_alert: ({ p_message, p_tenant_id }: { p_message: string; p_tenant_id?: number }) =>
        wait([p_message], p_tenant_id, () => ({ message: p_message })),
      raise_and_get_alerts: ({ p_alerts, p_tenant_id }: { p_alerts: Alert[]; p_tenant_id?: number }) =>
        wait(
          p_alerts.map(({ message }) => message),
          p_tenant_id,
          () => p_alerts,
        ),
    } as never,
    now,
  );
  const raised = (p_message: string, more: Partial<Parameters<typeof raise>[0]> = {}) =>
    raise({ p_message, p_tenant_id: 1, ...more }).then(
      ({ message }) => message,
      (error: { code?: string }) => error.code,
    );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  /** Calls that ended have told of it, and those that they made room for have begun. */
  const settled = async () => {
    for (let i = 0; i < 3; i++) await turn();
  };
  /** Two calls, as many as may be under way, with an alert each. */
  const busy = async () => {
    const first = raised('a');
    await settled();
    const second = raised('b');
    await settled();
    return [first, second];
  };
  return { sent, raised, settled, busy };
}

const refusal = (code: string) => Object.assign(new Error('refused'), { name: 'PostgresError', code });
const messagesOf = (sent: Sent[]) => sent.map(({ messages }) => messages.join());

test('two calls go at once, who comes meanwhile goes together, and each gets its own', async () => {
  const { sent, raised, settled, busy } = makeCalls();
  const all = await busy();
  all.push(...['c', 'd', 'e'].map((message) => raised(message)));
  await settled();
  expect(messagesOf(sent)).toEqual(['a', 'b']);
  sent[1]?.end();
  await settled();
  expect(messagesOf(sent)).toEqual(['a', 'b', 'c,d,e']);
  for (const { end } of sent) end();
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e']);
  const next = ['f', 'g'].map((message) => raised(message));
  await settled();
  expect(messagesOf(sent).slice(3)).toEqual(['f,g']);
  sent[3]?.end();
  expect(await Promise.all(next)).toEqual(['f', 'g']);
});

test('no more than 32 go together, tenants do not wait for one another, and what has a key or a trace goes alone', async () => {
  const { sent, raised, settled } = makeCalls();
  const all = Array.from({ length: 40 }, (_, n) => raised(`${n}`));
  all.push(raised('other', { p_tenant_id: 2 }), raised('key', { p_idempotency_key: 'k' }));
  all.push(raised('dedupe', { p_dedupe_key: 'd' }), raised('trace', { p_traceparent: 't' }));
  expect(messagesOf(sent)).toEqual(['key', 'dedupe', 'trace']);
  await settled();
  expect(sent.map(({ messages }) => messages.length)).toEqual([1, 1, 1, 32, 1, 8]);
  expect(sent.map(({ tenant }) => tenant)).toEqual([1, 1, 1, 1, 2, 1]);
  for (const { end } of sent) end();
  expect(await Promise.all(all)).toEqual([
    ...Array.from({ length: 40 }, (_, n) => `${n}`),
    'other',
    'key',
    'dedupe',
    'trace',
  ]);
});

test('when those together are refused, each is raised alone, and only the one at fault fails', async () => {
  const { sent, raised, settled, busy } = makeCalls();
  const all = [...(await busy()), ...['c', 'bad', 'e'].map((message) => raised(message))];
  sent[0]?.end();
  await settled();
  expect(sent[2]?.messages).toEqual(['c', 'bad', 'e']);
  sent[2]?.end(refusal('INVLD'));
  await settled();
  expect(messagesOf(sent).slice(3)).toEqual(['c', 'bad', 'e']);
  for (const { messages, end } of sent) end(messages[0] === 'bad' ? refusal('INVLD') : undefined);
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'INVLD', 'e']);
});

test('when it is their tenant that may not raise, all are told, and none is tried again', async () => {
  for (const code of ['LIMIT', 'NTFND']) {
    const { sent, raised, settled, busy } = makeCalls();
    const all = [...(await busy()), ...['c', 'd'].map((message) => raised(message))];
    sent[0]?.end();
    await settled();
    sent[2]?.end(refusal(code));
    sent[1]?.end();
    await settled();
    expect(messagesOf(sent)).toEqual(['a', 'b', 'c,d']);
    expect(await Promise.all(all)).toEqual(['a', 'b', code, code]);
  }
});

/** One of two calls fails while 38 wait, of whom 32 went with it. */
async function failWith(error: Error & { code?: string }) {
  const { sent, raised, settled, busy } = makeCalls();
  const all = [...(await busy()), ...Array.from({ length: 38 }, (_, n) => raised(`${n}`))];
  sent[0]?.end();
  await settled();
  sent[2]?.end(error);
  sent[1]?.end();
  await settled();
  sent[3]?.end();
  const outcomes = await Promise.all(all);
  expect(outcomes.slice(0, 2)).toEqual(['a', 'b']);
  expect(new Set(outcomes.slice(2, 34))).toEqual(new Set([error.code]));
  return { behind: outcomes.slice(34), sent: messagesOf(sent).slice(3) };
}

test('when the connection is lost, nothing is raised twice, and those behind go by the next', async () => {
  const behind = ['32', '33', '34', '35', '36', '37'];
  const closed = Object.assign(new Error('lost'), { code: 'CONNECTION_CLOSED' });
  // The last is what a pooler says when it loses the server behind it.
  for (const error of [closed, refusal('57P01'), refusal('08P01')]) {
    expect(await failWith(error)).toEqual({ behind, sent: [behind.join()] });
  }
});

test('when the server is away, breaks down or does not answer, those behind do not wait as long again', async () => {
  const away = Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
  for (const error of [away, Object.assign(refusal('XX000'), { severity: 'FATAL' }), new CallTimeout('late')]) {
    expect(await failWith(error)).toEqual({ behind: Array(6).fill((error as { code?: string }).code), sent: [] });
  }
});

test('who has waited for ten seconds is told so, and nothing is raised for a client that may have given up', async () => {
  let ms = 0;
  const { sent, raised, settled, busy } = makeCalls(() => ms);
  const all = [...(await busy()), raised('late')];
  ms = 10_000;
  all.push(raised('d'), raised('e'));
  sent[0]?.end();
  await settled();
  expect(messagesOf(sent)).toEqual(['a', 'b', 'd,e']);
  for (const { end } of sent) end();
  expect(await Promise.all(all)).toEqual(['a', 'b', 'CALL_TIMEOUT', 'd', 'e']);
});

test('the database raises and shows a list as it does one, in order', async () => {
  const { sql } = await testDatabase();
  const { alerts } = makeApi(sql);
  await makeWebhooks(sql, 3, { events: ['order.*'] });
  const fields = [
    { message: 'one', alert_type: 'order.paid', severity: 'CRITICAL', context: { b: 1, a: [2] }, operation_type: 'x' },
    { message: 'two' },
    { message: 'three', alert_type: 'order.lost' },
  ];
  const together = await alerts.raise_and_get_alerts({ p_alerts: fields });
  for (const [i, each] of fields.entries()) {
    const args = Object.fromEntries(Object.entries(each).map(([name, value]) => [`p_${name}`, value]));
    const alone = await alerts.raise_and_get_alert(args as never);
    const { id, created_at, ...rest } = alone;
    expect(together[i]).toMatchObject(rest);
    expect(together[i]?.id).toBeLessThan(id);
    expect(Date.parse(together[i]?.created_at as string)).toBeLessThanOrEqual(Date.parse(created_at));
  }
  await expect(alerts.raise_and_get_alerts({ p_alerts: [{ message: 'm' }, {}] })).rejects.toMatchObject({
    code: 'INVLD',
  });
  expect(await sql`select from tocsin_data.alerts`).toHaveLength(6);
});
