// The counting receiver of benches and kill tests tells lost, doubled and forged apart.
import { afterAll, expect, test } from 'bun:test';
import { send } from '../../src/delivery/send.ts';
import { sign } from '../../src/delivery/sign.ts';
import { generateSecret } from '../../src/store/secrets.ts';
import { IdCounter } from '../support/receiver_count.ts';
import { startReceiverChild } from '../support/receiver_child.ts';
import { makeTarget, SECRET } from '../support/send_request.ts';

const receiver = await startReceiverChild({ secret: SECRET });
afterAll(() => receiver.stop());

function deliver(id: string, secret = SECRET) {
  const signedHeaders = sign([secret], id, Math.floor(Date.now() / 1000), '{}');
  return send({ target: makeTarget(receiver.url), body: '{}', signedHeaders, timeoutMs: 5000, isTlsVerified: true });
}

test('it counts arrivals, different ids, duplicates and bad signatures, and forgets them when told', async () => {
  for (const id of ['msg_1', 'msg_2', 'msg_2', 'other']) expect(await deliver(id)).toMatchObject({ statusCode: 204 });
  await deliver('msg_3', generateSecret());
  const stats = await receiver.stats();
  expect(stats).toMatchObject({ total: 5, unique: 4, duplicates: 1, unverified: 1 });
  expect(stats.last_at_ms).toBeGreaterThanOrEqual(stats.first_at_ms ?? Number.POSITIVE_INFINITY);
  expect(Object.fromEntries(await receiver.ids())).toEqual({ msg_1: 1, msg_2: 2, msg_3: 1, other: 1 });
  await receiver.reset();
  expect(await receiver.stats()).toMatchObject({ total: 0, unique: 0, first_at_ms: null });
});

test('it keeps the order in which ids came first to the paths that are watched for it', async () => {
  const target = makeTarget(`${receiver.url}/ordered/a`);
  for (const id of ['msg_2', 'msg_1', 'msg_2', 'msg_3']) {
    const signedHeaders = sign([SECRET], id, Math.floor(Date.now() / 1000), '{}');
    await send({ target, body: '{}', signedHeaders, timeoutMs: 5000, isTlsVerified: true });
  }
  expect([...(await receiver.orders())]).toEqual([['/ordered/a', ['msg_2', 'msg_1', 'msg_3']]]);
});

test('a million ids are counted exactly, whether they are dense, sparse or not numbers', () => {
  const counter = new IdCounter();
  const makeIds: ((i: number) => string)[] = [
    (i) => `msg_${i}`,
    (i) => `msg_${i * 8_388_608 + 500_000_000_000_000}`,
    (i) => `msg_0${i}`,
    (i) => `msg_${Number.MAX_SAFE_INTEGER + 1}${i}`,
  ];
  for (let i = 0; i < 250_000; i++) for (const makeId of makeIds) counter.add(makeId(i));
  for (let i = 0; i < 1000; i++) for (const makeId of makeIds) counter.add(makeId(i));
  expect(counter.total).toBe(1_004_000);
  expect(counter.unique).toBe(1_000_000);
  const doubled = [...counter.entries()].filter(([, count]) => count === 2).map(([id]) => id);
  expect(doubled.toSorted()).toEqual(
    makeIds.flatMap((makeId) => Array.from({ length: 1000 }, (_, i) => makeId(i))).toSorted(),
  );
});
