// Writes docs/API.md from the OpenAPI document.

type Schema = {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
};
type Parameter = { name: string; in: string; required?: boolean; description?: string; schema?: Schema };
type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema; example?: unknown }> };
  responses: Record<string, { description?: string }>;
};
export type OpenApi = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** The page; `intro` stands before the operations. */
export function writeApiPage(document: OpenApi, intro: string): string {
  const byTag = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0] as string;
      byTag.set(tag, [...(byTag.get(tag) ?? []), describe(method.toUpperCase(), path, operation, document)]);
    }
  }
  const sections = [...byTag].map(
    ([tag, operations]) => `## ${tag[0]?.toUpperCase()}${tag.slice(1)}\n\n${operations.join('\n\n')}`,
  );
  return `${intro.trim()}\n\n${sections.join('\n\n')}\n`;
}

function describe(method: string, path: string, operation: Operation, document: OpenApi): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const query = parameters.filter((each) => each.in !== 'path');
  const body = resolve(Object.values(requestBody?.content ?? {})[0]?.schema, document);
  return [
    `### ${summary}`,
    `\`${method} ${path}\` · \`${operationId}\``,
    description,
    query.length > 0 &&
      table(
        ['parameter', 'type', 'meaning'],
        query.map((p) => [p.name, typeOf(p.schema, document), p.description ?? '']),
      ),
    body?.properties && table(['field', 'type', 'meaning'], fieldsOf(body, document)),
    `\`\`\`sh\n${curl(method, path, Object.values(requestBody?.content ?? {})[0]?.example)}\n\`\`\``,
    `Answers ${Object.keys(responses).join(', ')}.`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function fieldsOf(body: Schema, document: OpenApi): string[][] {
  const required = new Set(body.required ?? []);
  return Object.entries(body.properties ?? {}).map(([name, schema]) => [
    required.has(name) ? `**${name}**` : name,
    typeOf(schema, document),
    [schema.description, schema.default !== undefined && `Default ${JSON.stringify(schema.default)}.`]
      .filter(Boolean)
      .join(' '),
  ]);
}

/** With the body that the document shows as its example, in single quotes for a shell. */
function curl(method: string, path: string, example: unknown): string {
  const url = `localhost:8000${path
    .replace('{name}', 'acme')
    .replace('{noun}', 'webhooks')
    .replace(/\{\w+\}/g, '1')}`;
  if (method === 'GET') return `curl ${url}`;
  const json =
    example === undefined
      ? ''
      : ` -H 'content-type: application/json' \\\n  -d '${JSON.stringify(example).replaceAll("'", "'\\''")}'`;
  return `curl -X ${method} ${url}${json}`;
}

function resolve(schema: Schema | undefined, document: OpenApi): Schema | undefined {
  const name = schema?.$ref?.split('/').at(-1);
  return name === undefined ? schema : document.components.schemas[name];
}

function typeOf(schema: Schema | undefined, document: OpenApi): string {
  if (schema === undefined) return '';
  if (schema.$ref) return typeOf(resolve(schema, document), document);
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf) return schema.anyOf.map((each) => typeOf(each, document)).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items, document) || 'anything'}`;
  const range =
    schema.minimum !== undefined && schema.maximum !== undefined ? ` ${schema.minimum} to ${schema.maximum}` : '';
  return `${[schema.type ?? 'anything'].flat().join(' or ')}${range}`;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
