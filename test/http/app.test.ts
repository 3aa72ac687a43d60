// The server itself: one to a port, and an orderly end.
import { describe, expect, test } from 'bun:test';
import { testHttp } from '../support/http.ts';
import { until } from '../support/wait.ts';

const http = await testHttp();
const busy = await testHttp({ sql: http.sql });
const stuck = await testHttp({ sql: http.sql });

describe('a second server on a port', () => {
  test('is refused: two would share its requests silently', async () => {
    const apiPort = Number(new URL(http.url).port);
    expect(testHttp({ sql: http.sql, config: { apiPort } })).rejects.toThrow(/in use|EADDRINUSE/i);
  });
});

describe('stopping', () => {
  test('lets what is in flight end, and takes nothing more', async () => {
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    const { id } = (await busy.post('/api/v1/webhooks', { name: 'a', url: 'https://example.com' })).json;
    busy.beforePing = () => mayAnswer;
    const inFlight = busy.post(`/api/v1/webhooks/${id}/test`);
    await until(() => busy.pinged.includes(id));
    const stopped = busy.stop();
    await until(async () => (await fetch(`${busy.url}/health`).catch(() => null)) === null);
    answer();
    expect((await inFlight).status).toBe(200);
    await stopped;
  });

  test('does not wait for ever for what never ends', async () => {
    const { id } = (await stuck.post('/api/v1/webhooks', { name: 'a', url: 'https://example.com' })).json;
    stuck.beforePing = () => new Promise(() => undefined);
    const inFlight = stuck.post(`/api/v1/webhooks/${id}/test`).catch((error) => error);
    await until(() => stuck.pinged.includes(id));
    // That it resolves at all is what is tested: the ping never does.
    await stuck.stop(200);
    expect(await inFlight).toBeInstanceOf(Error);
  });
});
