// The OpenAPI document is valid and whole, and its page needs nothing from elsewhere.
import { describe, expect, test } from 'bun:test';
import SwaggerParser from '@apidevtools/swagger-parser';
import { nouns } from '../../src/store/api.ts';
import { testHttp } from '../support/http.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is read as what it is, JSON.
type Json = any;

const http = await testHttp();
const document: Json = (await http.get('/docs/json')).json;
const operations: [string, Json][] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Json).map(([method, operation]): [string, Json] => [
    `${method.toUpperCase()} ${path}`,
    operation,
  ]),
);

/** Whose operations are about this process: they need no SQL function. */
const localTags = ['health', 'cache'];

describe('the document', () => {
  test('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(await SwaggerParser.validate(structuredClone(document))).toHaveProperty('paths');
  });

  test('is under the base of the API too', async () => {
    expect((await http.get('/api/v1/docs/json')).json).toEqual(document);
    expect((await http.get('/api/v1/docs')).status).toBe(200);
  });

  test('has every route of the contract', () => {
    const paths = `GET POST /webhooks · GET PUT PATCH DELETE /webhooks/{id} · POST /webhooks/{id}/test
      POST /webhooks/{id}/rotate-secret · POST /webhooks/{id}/enable · GET /webhooks/{id}/deliveries · GET /deliveries
      GET /deliveries/{id} · POST /deliveries/{id}/retry · GET POST /alerts · POST /alerts/batch · GET /alerts/{id}
      POST /alerts/{id}/ack · POST /alerts/{id}/resolve · POST /alerts/acknowledge · POST /alerts/resolve · GET /alerts/{id}/deliveries
      GET /alerts/{id}/why`;
    const wanted = paths.split(/·|\n/).flatMap((line) => {
      const words = line.trim().split(' ');
      return words.slice(0, -1).map((method) => `${method} /api/v1${words.at(-1)}`);
    });
    const health = ['GET /health', 'GET /health/live', 'GET /health/ready', 'GET /health/deep'];
    const known = operations.map(([route]) => route);
    expect([...wanted, ...health].filter((route) => !known.includes(route))).toEqual([]);
  });

  test('names each operation for the SQL function that it calls, and each but once', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const functions = Object.values(nouns).flatMap((calls) => Object.keys(calls));
    const strange = operations
      .filter(([, { tags }]) => !localTags.includes(tags[0]))
      .map(([, { operationId }]) => operationId)
      .filter((id) => !functions.some((name) => id === name || id.startsWith(`${name}_`)));
    expect(strange).toEqual([]);
  });

  test.each(operations)('describes %s: in words, its answer, and every error that it can give', (route, operation) => {
    expect(operation.summary).toMatch(/^[A-Z]/);
    const statuses = Object.keys(operation.responses);
    expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
    const has = (...wanted: string[]) => expect(wanted.filter((status) => !statuses.includes(status))).toEqual([]);
    has('500');
    if (route.includes('/api/v1')) has('401', '403', '503');
    if (route.includes('{id}')) has('404', '422');
    if (operation.requestBody) has('400', '413', '415', '422');
    for (const [status, answer] of Object.entries<Json>(operation.responses)) {
      if (status !== '204' && status !== '304')
        expect(answer.$ref ?? answer.content['application/json'] ?? answer.content['text/plain']).toBeDefined();
    }
  });

  test('describes every parameter', () => {
    const parameters = operations.flatMap(([route, { parameters = [] }]) =>
      parameters.map((parameter: Json) => ({ route, ...parameter })),
    );
    expect(parameters.length).toBeGreaterThan(50);
    expect(parameters.filter(({ schema }) => !schema.type && !schema.enum)).toEqual([]);
    expect(parameters.filter(({ in: place, required }) => place === 'path' && !required)).toEqual([]);
  });

  test('shows secrets in no answer but those that give them once', () => {
    const withSecret = Object.entries<Json>(document.components.schemas)
      .filter(([, { properties = {} }]) => 'secret' in properties)
      .map(([name]) => name);
    expect(withSecret.sort()).toEqual(['NewWebhook', 'RotatedSecret']);
  });
});

describe('the page at /docs', () => {
  test('loads only what this server has', async () => {
    const { status, text, headers } = await http.get('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toStartWith('text/html');
    const links = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      expect(link).toStartWith('/docs/');
      const asset = await http.get(link);
      expect({ link, status: asset.status, isEmpty: asset.text === '' }).toEqual({ link, status: 200, isEmpty: false });
    }
    expect((await http.get('/docs/start.js')).text).toContain("'/docs/json'");
  });

  test('has no other files of the package', async () => {
    for (const path of ['/docs/package.json', '/docs/index.html', '/docs/..%2fpackage.json', '/docs/toString']) {
      expect((await http.get(path)).status).toBe(404);
    }
  });
});
