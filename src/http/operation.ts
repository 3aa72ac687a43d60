// Describes one operation of the API: its name, its inputs, which are read and coerced before they are checked, its answers.
import { Kind, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import { ids } from './example_rows.ts';
import { type BodyLimits, readJson } from './request_body.ts';
import { requireRole, type Role, roleNeeded } from './roles.ts';

interface Inputs {
  params?: TObject;
  query?: TObject;
  body?: TSchema;
}

interface Description extends BodyLimits {
  /** In a few words, for lists. */
  summary: string;
  description?: string;
  tag: string;
  /** The schema of the answer by its status; `null` for an empty one. */
  answers: Record<number, TSchema | null>;
  /** Of the answers: JSON unless it says otherwise. */
  contentType?: string;
  /** Statuses of errors beyond those that every operation of its kind can have. */
  problems?: readonly number[];
  /** Headers that a caller may send. */
  headers?: TObject;
  /** Needs no credentials. */
  isOpen?: boolean;
  /** A second path to the same, which the OpenAPI document leaves out. */
  isHidden?: boolean;
}

/** What stands in `detail` of a route, for the OpenAPI document. */
export interface OperationDetail extends Omit<Description, 'bodyBytesMax'> {
  operationId: string;
}

/**
 * The third argument of a route. Bodies are read only after the caller is known, so they are no work for strangers.
 * @param operationId the SQL function that the route calls, with a suffix where several routes call it
 */
export function operation<const I extends Inputs>(operationId: string, description: Description, inputs: I): I {
  const { bodyBytesMax, ...rest } = description;
  const role = roleNeeded(operationId);
  const coerceParams = coercion(inputs.params);
  const coerceQuery = coercion(inputs.query);
  return {
    ...inputs,
    detail: { operationId, ...rest },
    // Elysia parses before it asks who is calling: so this parses nothing, and the reading is done as a transformation.
    ...(inputs.body && { parse: [() => null] }),
    transform: async (context: OperationContext) => {
      requireRole(context.caller, role);
      coerceParams?.(context.params);
      coerceQuery?.(context.query);
      if (inputs.body) context.body = await readJson(context.request, description);
    },
  };
}

/** An object that must not have other fields: a misspelt one is told, not ignored. */
export const strict = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

type Noun = 'webhook' | 'alert' | 'delivery' | 'API key';

/** Beyond this no id can be. */
export const idMaxOf = (noun: Noun) =>
  noun === 'webhook' || noun === 'API key' ? 2_147_483_647 : Number.MAX_SAFE_INTEGER;

/** The `id` of a path. */
export const idOf = (noun: Noun) =>
  strict({
    id: Type.Integer({
      minimum: 1,
      maximum: idMaxOf(noun),
      examples: [{ webhook: ids.webhook, 'API key': ids.apiKey, alert: ids.alert, delivery: ids.delivery }[noun]],
      description: `The id of the ${noun}.`,
    }),
  });

interface OperationContext {
  /** Set by `auth`, in the plugins that use it. */
  caller?: { role: Role };
  params: Texts;
  query: Texts;
  request: Request;
  body: unknown;
}

type Texts = Record<string, unknown>;

/** Turns the texts of a path or query into what their schema means; what is not of that form stays, to be refused. */
function coercion(schema: TObject | undefined): ((texts: Texts) => void) | undefined {
  if (schema === undefined) return undefined;
  const kinds = Object.entries(schema.properties).map(([name, property]) => [name, property[Kind]] as const);
  return (texts) => {
    for (const [name, kind] of kinds) {
      const text = texts[name];
      if (text === '') delete texts[name];
      else if (kind === 'Integer' && /^-?\d{1,16}$/.test(String(text))) texts[name] = Number(text);
    }
  };
}
