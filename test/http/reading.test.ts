// Reads of single webhooks that are asked for at the same time share calls of the database: each gets what it would get alone.
import { describe, expect, test } from 'bun:test';
import { gatherReads } from '../../src/http/reading.ts';
import { CallTimeout } from '../../src/store/call.ts';
import { makeCache, TAGS } from '../support/cached.ts';

type Row = { id: number; name: string };
type Sent = { ids: number[]; tenant: number; end: (error?: unknown) => void };

/** A database of webhooks `names`, read as it is when a call begins; calls end when the test says so. */
function makeReads(now?: () => number) {
  const sent: Sent[] = [];
  const names = new Map(Array.from({ length: 200 }, (_, id) => [id, `w${id}`]));
  const call = async (ids: number[], tenant: number): Promise<Row[]> => {
    const rows = ids.flatMap((id) => (names.has(id) ? [{ id, name: `${names.get(id)} of ${tenant}` }] : []));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    sent.push({ ids, tenant, end: (error) => (error === undefined ? resolve() : reject(error)) });
    await promise;
    return rows;
  };
  type Asked = { p_tenant_id: number; p_webhook_id: number; p_webhook_ids: number[] };
  const get_webhook = async ({ p_tenant_id, p_webhook_id }: Asked) =>
    (await call([p_webhook_id], p_tenant_id))[0] ?? null;
  const get_webhooks = ({ p_tenant_id, p_webhook_ids }: Asked) => call(p_webhook_ids, p_tenant_id);
  const gathered = gatherReads({ get_webhook, get_webhooks } as never, now);
  const read = (p_webhook_id: number, p_tenant_id = 1) =>
    gathered({ p_tenant_id, p_webhook_id }).then(
      (row) => row?.name ?? null,
      (error: { code?: string }) => error.code ?? String(error),
    );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  /** Calls that ended have told of it, and those that they made room for have begun. */
  const settled = async () => {
    for (let i = 0; i < 3; i++) await turn();
  };
  /** Two calls, as many as may be under way, with a read each. */
  const busy = async () => {
    const first = read(1);
    await settled();
    const second = read(2);
    await settled();
    return [first, second];
  };
  return { sent, names, read, settled, busy };
}

const idsOf = (sent: Sent[]) => sent.map(({ ids }) => ids.join());
const refusal = (code: string) => Object.assign(new Error('refused'), { name: 'PostgresError', code });

describe('reads at the same time', () => {
  test('go in few calls, and each gets its own or nothing, also where several ask for one', async () => {
    const { sent, read, settled } = makeReads();
    const all = [3, 999, 5, 3, 7].map((id) => read(id));
    await settled();
    expect(idsOf(sent)).toEqual(['3,999,5,7']);
    sent[0]?.end();
    expect(await Promise.all(all)).toEqual(['w3 of 1', null, 'w5 of 1', 'w3 of 1', 'w7 of 1']);
  });

  test('that come while two calls are under way wait for the next, 64 at most in each', async () => {
    const { sent, read, settled, busy } = makeReads();
    const all = [...(await busy()), ...Array.from({ length: 100 }, (_, id) => read(id))];
    await settled();
    expect(idsOf(sent)).toEqual(['1', '2']);
    for (const { end } of sent) end();
    await settled();
    expect(sent.slice(2).map(({ ids }) => ids.length)).toEqual([64, 36]);
    for (const { end } of sent) end();
    expect((await Promise.all(all)).slice(2)).toEqual(Array.from({ length: 100 }, (_, id) => `w${id} of 1`));
  });

  test('of two tenants never share a call, nor wait for one another', async () => {
    const { sent, read, settled } = makeReads();
    const all = [read(1, 1), read(1, 2), read(2, 2), read(2, 1)];
    await settled();
    expect(sent.map(({ ids, tenant }) => [tenant, ids])).toEqual([
      [1, [1, 2]],
      [2, [1, 2]],
    ]);
    sent[1]?.end();
    expect(await Promise.all([all[1], all[2]])).toEqual(['w1 of 2', 'w2 of 2']);
    sent[0]?.end();
    expect(await Promise.all([all[0], all[3]])).toEqual(['w1 of 1', 'w2 of 1']);
  });

  test('see what was written before each was asked: none joins a call that is under way, be it for the same webhook', async () => {
    const { sent, names, read, settled } = makeReads();
    const { cache, epochs } = makeCache();
    const cached = async (id: number) => {
      const answer = await cache.read(`1|/w/${id}`, TAGS, async () => ({ text: String(await read(id)) }));
      return Buffer.from(answer.cached.bytes).toString();
    };
    const before = [cached(1), cached(2)];
    await settled();
    names.set(1, 'renamed');
    epochs.bump('1:webhooks');
    const after = [cached(1), cached(2)];
    await settled();
    expect(idsOf(sent)).toEqual(['1,2', '1,2']);
    // The later call may well end first.
    sent[1]?.end();
    expect(await Promise.all(after)).toEqual(['renamed of 1', 'w2 of 1']);
    sent[0]?.end();
    expect(await Promise.all(before)).toEqual(['w1 of 1', 'w2 of 1']);
    expect(await cached(1)).toBe('renamed of 1');
    expect(sent).toHaveLength(2);
  });
});

describe('a call that fails', () => {
  test('by the fault of one is repeated for each alone, and only the one at fault fails', async () => {
    const { sent, read, settled } = makeReads();
    const all = [3, 4, 5].map((id) => read(id));
    await settled();
    sent[0]?.end(refusal('XX001'));
    await settled();
    expect(idsOf(sent)).toEqual(['3,4,5', '3', '4', '5']);
    for (const { ids, end } of sent.slice(1)) end(ids[0] === 4 ? refusal('XX001') : undefined);
    expect(await Promise.all(all)).toEqual(['w3 of 1', 'XX001', 'w5 of 1']);
  });

  test('because the server is away, overloaded or does not answer fails for all, and is not repeated', async () => {
    const lost = Object.assign(new Error('lost'), { code: 'CONNECTION_CLOSED' });
    for (const error of [lost, refusal('53200'), refusal('57014'), new CallTimeout('late')]) {
      const { sent, read, settled } = makeReads();
      const all = [3, 4].map((id) => read(id));
      await settled();
      sent[0]?.end(error);
      expect(await Promise.all(all)).toEqual([error.code, error.code]);
      const next = read(3);
      await settled();
      expect(idsOf(sent)).toEqual(['3,4', '3']);
      sent[1]?.end();
      expect(await next).toBe('w3 of 1');
    }
  });

  test('for one tenant does not touch another', async () => {
    const { sent, read, settled } = makeReads();
    const all = [read(1, 1), read(2, 1), read(1, 2), read(2, 2)];
    await settled();
    sent[0]?.end(new CallTimeout('late'));
    sent[1]?.end();
    expect(await Promise.all(all)).toEqual(['CALL_TIMEOUT', 'CALL_TIMEOUT', 'w1 of 2', 'w2 of 2']);
  });
});

test('who has waited for ten seconds for a free call is told so, and is not read for', async () => {
  let ms = 0;
  const { sent, read, settled, busy } = makeReads(() => ms);
  const all = [...(await busy()), read(3)];
  ms = 10_000;
  all.push(read(4), read(5));
  sent[0]?.end();
  await settled();
  expect(idsOf(sent)).toEqual(['1', '2', '4,5']);
  for (const { end } of sent) end();
  expect(await Promise.all(all)).toEqual(['w1 of 1', 'w2 of 1', 'CALL_TIMEOUT', 'w4 of 1', 'w5 of 1']);
});
