// The examples of the OpenAPI document: every operation has them, they are as their schemas say, and the server takes them.
import { describe, expect, test } from 'bun:test';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { OperationDetail } from '../../src/http/operation.ts';
import { examples } from '../../src/http/examples.ts';
import { testHttp } from '../support/http.ts';
import { listRoutes, pathOf, plant } from '../support/routes.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is read as what it is, JSON.
type Json = any;

const http = await testHttp();
const document: Json = (await http.get('/docs/json')).json;
const planted = await plant(http);

/** Of the document, with the schemas of the route that each stands for. */
const operations = http.routes.flatMap(({ method, path, hooks }) => {
  const detail = hooks.detail as OperationDetail | undefined;
  if (!detail?.operationId || detail.isHidden) return [];
  const written = path.replace(/(.)\/$/, '$1').replace(/:(\w+)/g, '{$1}');
  const described = document.paths[written][method.toLowerCase()];
  return [{ name: `${method} ${path}`, detail, hooks, described }];
});
type Operation = (typeof operations)[number];

const faultOf = (schema: TSchema, value: unknown) => {
  const [fault] = Value.Errors(schema, value);
  return fault && `${fault.path} ${fault.message}`;
};
const jsonOf = (described: Json) => described?.content?.['application/json'];

describe.each(operations.map((operation): [string, Operation] => [operation.name, operation]))('%s', (_, operation) => {
  const { detail, hooks, described } = operation;

  test('shows a body that its schema takes, where it has one, and an answer of every kind', () => {
    if (hooks.body) expect(faultOf(hooks.body, jsonOf(described.requestBody).example)).toBeUndefined();
    for (const [status, schema] of Object.entries(detail.answers)) {
      const answer = jsonOf(described.responses[status]);
      if (schema === null || answer === undefined) continue;
      expect({ status, isShown: answer.example !== undefined }).toEqual({ status, isShown: true });
      expect(faultOf(schema as TSchema, answer.example)).toBeUndefined();
    }
  });

  test('shows what its path may say', () => {
    const places = (described.parameters ?? []).filter((parameter: Json) => parameter.in === 'path');
    for (const { name, example, schema } of places) {
      const said = example ?? schema.enum?.[0];
      expect(faultOf(hooks.params?.properties[name], said)).toBeUndefined();
    }
  });
});

test('every answer that is an error is shown once, as it comes', () => {
  const { required } = document.components.schemas.Problem;
  for (const [name, { content }] of Object.entries<Json>(document.components.responses)) {
    const { example } = content['application/problem+json'];
    expect(Object.keys(example).sort()).toEqual([...required].sort());
    expect(name).toBe(`Problem${example.status}`);
  }
});

test('no example is of an operation that there is not', () => {
  const known = new Set(operations.map(({ detail }) => detail.operationId));
  expect(Object.keys(examples).filter((operationId) => !known.has(operationId))).toEqual([]);
});

test('the server takes every body that is shown', async () => {
  const withBody = listRoutes(http).filter(({ operationId }) => examples[operationId ?? '']?.body !== undefined);
  expect(withBody.length).toBeGreaterThan(10);
  for (const route of withBody) {
    const { status, text } = await http.send(
      route.method,
      pathOf(route, planted),
      examples[route.operationId ?? '']?.body,
      await http.bearer({ role: 'platform' }),
    );
    expect({ name: route.name, isTaken: status < 300, text }).toEqual({ name: route.name, isTaken: true, text });
  }
});
