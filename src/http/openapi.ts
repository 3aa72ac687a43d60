// Writes the OpenAPI document from the routes themselves, so that it cannot say anything that they do not do.
import { Kind, type TSchema } from '@sinclair/typebox';
import packageJson from '../../package.json' with { type: 'json' };
import { exampleOf } from './example.ts';
import { now } from './example_rows.ts';
import { examples } from './examples.ts';
import type { OperationDetail } from './operation.ts';
import { problemKinds } from './problem.ts';
import { roleNeeded } from './roles.ts';

/** A route of Elysia, as far as it matters here. */
export interface DescribedRoute {
  method: string;
  path: string;
  hooks: Partial<Record<'params' | 'query' | 'body', TSchema>> & { detail?: OperationDetail };
}

type Json = Record<string, unknown>;

/** The document, in version 3.1, of those routes that are described by `operation`. */
export function describeApi(routes: readonly DescribedRoute[]): Json {
  const schemas: Json = { Problem: problemSchema };
  const paths: Record<string, Json> = {};
  for (const { method, path, hooks } of routes) {
    if (!hooks.detail?.operationId || hooks.detail.isHidden) continue;
    const written = path.replace(/(.)\/$/, '$1').replace(/:(\w+)/g, '{$1}');
    paths[written] = { ...paths[written], [method.toLowerCase()]: describeOperation(method, hooks, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tocsin',
      version: packageJson.version,
      description: packageJson.description,
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.flatMap(({ hooks }) => hooks.detail?.tag ?? []))].map((name) => ({ name })),
    paths,
    components: { schemas, responses: problemResponses(), securitySchemes },
  };
}

function describeOperation(method: string, hooks: DescribedRoute['hooks'], schemas: Json): Json {
  const { operationId, summary, tag, answers, headers, isOpen, contentType } = hooks.detail as OperationDetail;
  const role = isOpen ? undefined : `Needs the role ${roleNeeded(operationId)}.`;
  const description = [hooks.detail?.description, role].filter(Boolean).join(' ');
  const parameters = [
    ...describeParameters('path', hooks.params, schemas),
    ...describeParameters('query', hooks.query, schemas),
    ...describeParameters('header', headers, schemas),
  ];
  const responses: Json = {};
  for (const status of problemStatuses(hooks)) responses[status] = { $ref: `#/components/responses/Problem${status}` };
  if (method === 'GET' && !hooks.detail?.isOpen) responses[304] = { description: 'Unchanged since the given ETag.' };
  for (const [status, schema] of Object.entries(answers)) {
    const shown = examples[operationId]?.answers?.[Number(status)];
    const content = schema && { content: { [contentType ?? 'application/json']: contentOf(schema, schemas, shown) } };
    responses[status] = { description: answerWords[status] ?? 'Done.', ...content };
  }
  const body = hooks.body && {
    requestBody: {
      required: !hooks.detail?.isBodyOptional,
      content: { 'application/json': contentOf(hooks.body, schemas, examples[operationId]?.body) },
    },
  };
  return {
    operationId,
    summary,
    ...(description && { description }),
    tags: [tag],
    security: isOpen ? [] : [{ bearer: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...body,
    responses,
  };
}

function contentOf(schema: TSchema, schemas: Json, example: unknown): Json {
  return {
    schema: jsonSchema(schema, schemas),
    ...(example !== undefined && { example: exampleOf(schema, example) }),
  };
}

const answerWords: Record<string, string> = {
  200: 'What was asked for.',
  201: 'Created.',
  202: 'Accepted.',
  204: 'Done; there is nothing to say.',
  503: 'Not in working order.',
};

function problemStatuses({ params, query, body, detail }: DescribedRoute['hooks']): number[] {
  const statuses = new Set(detail?.isOpen ? [500] : [401, 403, 429, 500, 503]);
  if (params) for (const status of [404, 422]) statuses.add(status);
  if (query) statuses.add(422);
  if (body) for (const status of [400, 413, 415, 422]) statuses.add(status);
  for (const status of detail?.problems ?? []) statuses.add(status);
  return [...statuses].sort();
}

function describeParameters(place: 'path' | 'query' | 'header', schema: TSchema | undefined, schemas: Json): Json[] {
  const properties = (schema?.properties ?? {}) as Record<string, TSchema>;
  return Object.entries(properties).map(([name, property]) => {
    const { description, examples: shown, ...rest } = jsonSchema(property, schemas);
    const required = (schema?.required as string[] | undefined)?.includes(name) ?? false;
    const example = Array.isArray(shown) ? { example: shown[0] } : {};
    return { name, in: place, required, ...(description ? { description } : {}), ...example, schema: rest };
  });
}

/** A TypeBox schema as plain JSON Schema; one with a title becomes a component. */
function jsonSchema(schema: TSchema, schemas: Json): Json {
  const { title } = schema;
  if (title === undefined) return plainSchema(schema, schemas);
  schemas[title] ??= plainSchema(schema, schemas);
  return { $ref: `#/components/schemas/${title}` };
}

function plainSchema(schema: TSchema, schemas: Json): Json {
  const { title, ...plain } = JSON.parse(JSON.stringify(schema)) as Json;
  if (schema.anyOf) {
    const options = schema.anyOf as TSchema[];
    if (options.every((option) => option[Kind] === 'Literal')) {
      delete plain.anyOf;
      return { ...plain, type: 'string', enum: options.map((option) => option.const) };
    }
    return { ...plain, anyOf: options.map((option) => jsonSchema(option, schemas)) };
  }
  if (schema.items) return { ...plain, items: jsonSchema(schema.items, schemas) };
  if (schema.patternProperties) {
    const [values] = Object.values(schema.patternProperties as Record<string, TSchema>);
    delete plain.patternProperties;
    return { ...plain, additionalProperties: values ? jsonSchema(values, schemas) : true };
  }
  if (schema.properties) {
    const properties = Object.entries(schema.properties as Record<string, TSchema>);
    return { ...plain, properties: Object.fromEntries(properties.map(([name, s]) => [name, jsonSchema(s, schemas)])) };
  }
  return plain;
}

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A token (JWT with sub, exp and, if wanted, tenant and role) or an API key (`tsk_…`). `tocsin token` and `tocsin keys create` ' +
      'make them. A caller with the role platform acts in any tenant by the header `x-tenant`.',
  },
};

const problemSchema = {
  type: 'object',
  description: 'RFC 9457. It never repeats what was submitted.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'error_code', 'timestamp', 'errors'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    error_code: { type: 'string', enum: Object.keys(problemKinds) },
    timestamp: { type: 'string', format: 'date-time' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'A JSON pointer into the body, or /name of a parameter.' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

function problemResponses(): Json {
  const schema = { $ref: '#/components/schemas/Problem' };
  const byStatus = new Map(Object.entries(problemKinds).map(([code, { status, title }]) => [status, { code, title }]));
  return Object.fromEntries(
    [...byStatus].map(([status, { code, title }]) => {
      const content = { 'application/problem+json': { schema, example: problemExample(code, status, title) } };
      return [`Problem${status}`, { description: title, content }];
    }),
  );
}

function problemExample(error_code: string, status: number, title: string): Json {
  const errors = status === 422 ? [{ pointer: '/url', detail: 'The url is not valid.' }] : [];
  const detail = errors[0]?.detail ?? problemDetails[status] ?? title;
  const type = `urn:tocsin:problem:${error_code.toLowerCase()}`;
  return { type, title, status, detail, instance: '/api/v1/webhooks', error_code, timestamp: now, errors };
}

const problemDetails: Record<number, string> = {
  401: 'Credentials are needed.',
  403: 'This needs the role admin; these credentials have the role viewer.',
  404: 'There is no such webhook.',
  405: 'This path allows GET, HEAD, POST.',
  429: 'These are too many requests; try again in 3 s.',
};
