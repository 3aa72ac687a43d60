// Tests what the page makes of answers that do not arrive whole.
import { afterAll, expect, mock, test } from 'bun:test';

const kept = {
  localStorage: globalThis.localStorage,
  sessionStorage: globalThis.sessionStorage,
  fetch: globalThis.fetch,
};
const noStorage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
Object.assign(globalThis, { localStorage: noStorage, sessionStorage: noStorage });
const { request } = await import('../../src/web/api/client.ts');
afterAll(() => void Object.assign(globalThis, kept));

const answering = (text: string, status = 200) =>
  Object.assign(globalThis, { fetch: mock(async () => new Response(text, { status })) });

test('an answer that was cut off is a failure in plain words, not an empty answer', async () => {
  answering('{"items": [{"id"');
  await expect(request('/webhooks')).rejects.toThrow('The answer of Tocsin was cut off.');
  answering('');
  await expect(request('/health/deep')).rejects.toThrow('The answer of Tocsin was cut off.');
});

test('an answer that is whole is given as it is, and a failure without a document says its status', async () => {
  answering('{"items": []}');
  expect(await request<unknown>('/webhooks')).toEqual({ items: [] });
  answering('{"status": "unhealthy"}', 503);
  expect(await request<unknown>('/health/deep')).toEqual({ status: 'unhealthy' });
  answering('<html>', 502);
  await expect(request('/webhooks')).rejects.toThrow('Tocsin answered 502.');
});
