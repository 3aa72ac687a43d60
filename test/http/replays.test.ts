// Replaying through the API: counting first, starting, following, cancelling, and what is refused.
import { describe, expect, test } from 'bun:test';
import { testHttp } from '../support/http.ts';
import { makeWebhook, raise } from '../support/makers.ts';
import { until } from '../support/wait.ts';

const http = await testHttp();
const { sql, api } = http;

/** A webhook that is younger than the three alerts it would have got. */
async function makeLateWebhook(type: string) {
  for (let n = 0; n < 3; n++) await raise(sql, { p_alert_type: type, p_message: `m${n}` });
  return `/api/v1/webhooks/${await makeWebhook(sql, { events: [type] })}`;
}
const window = { since: '2026-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z' };

describe('a replay', () => {
  test('is counted first, then started, followed to its end, and listed', async () => {
    const path = await makeLateWebhook('first');
    const preview = await http.post(`${path}/replay`, { ...window, dry_run: true });
    expect({ status: preview.status, json: preview.json }).toEqual({
      status: 200,
      json: { matched: 3, dry_run: true },
    });
    const begun = await http.post(`${path}/replay`, window);
    expect(begun.status).toBe(202);
    expect(begun.json).toEqual({ replay_id: expect.any(Number), matched: 3 });
    const replay = await until(async () => {
      await api.workers.run_maintenance();
      const { json } = await http.get(`${path}/replays/${begun.json.replay_id}`);
      return json.queued === 3 ? json : undefined;
    });
    expect(replay).toMatchObject({ state: 'delivering', status: 'all', total: 3, queued: 3, done: 0, pending: 3 });
    const { json: list } = await http.get(`${path}/replays`);
    expect(list).toMatchObject({ total: 1, next_cursor: null, items: [{ id: begun.json.replay_id }] });
    const { json: waiting } = await http.get(`${path}/deliveries?status=pending`);
    expect(waiting.total).toBe(3);
  });

  test('queues nothing more once it is cancelled', async () => {
    const path = await makeLateWebhook('second');
    const { json } = await http.post(`${path}/replay`, { ...window, per_second: 1 });
    const own = `${path}/replays/${json.replay_id}`;
    expect((await http.send('DELETE', own)).status).toBe(204);
    await until(async () => {
      await api.workers.run_maintenance();
      return (await http.get(own)).json.finished_at ?? undefined;
    });
    expect((await http.get(own)).json).toMatchObject({ state: 'cancelled', queued: 0 });
    expect((await http.get(`${path}/deliveries`)).json.total).toBe(0);
  });

  test('needs no body, and takes what failed only when that is asked for', async () => {
    const path = await makeLateWebhook('third');
    expect((await http.post(`${path}/replay`)).status).toBe(202);
    expect((await http.post(`${path}/replay`, { ...window, status: 'failed', dry_run: true })).json.matched).toBe(0);
  });

  test('is refused with a pointer to what is wrong', async () => {
    const path = await makeLateWebhook('fourth');
    const refusals: [object, string][] = [
      [{ status: 'lost' }, '/status'],
      [{ since: window.until, until: window.since }, '/until'],
      [{ per_second: 5001 }, '/per_second'],
      [{ limit: 0 }, '/limit'],
      [{ filter: { 'context.a': { resembles: 1 } } }, '/filter/context.a/resembles'],
      [{ alert_ids: [] }, '/alert_ids'],
      [{ everything: true }, '/everything'],
    ];
    for (const [body, pointer] of refusals) {
      const { status, json } = await http.post(`${path}/replay`, body);
      expect({ status, pointer: json.errors[0]?.pointer }).toEqual({ status: 422, pointer });
    }
    expect((await http.get(`${path}/replays`)).json.total).toBe(0);
  });

  test('of a webhook that is not there is not there', async () => {
    expect((await http.post('/api/v1/webhooks/999999/replay', {})).status).toBe(404);
    expect((await http.get('/api/v1/webhooks/999999/replays')).status).toBe(404);
    const path = await makeLateWebhook('fifth');
    expect((await http.get(`${path}/replays/5`)).status).toBe(404);
    expect((await http.send('DELETE', `${path}/replays/5`)).status).toBe(404);
  });
});
