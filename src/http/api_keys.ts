// Routes under /api-keys: the credentials of machines, made and ended by the admins of their tenant.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { apiKeyRow } from '../store/api/api_keys.ts';
import { makeApiKey } from './api_key.ts';
import { auth } from './auth.ts';
import type { Deps } from './deps.ts';
import { idOf, operation, strict } from './operation.ts';
import { listQuery, pageOf, pageThrough } from './pagination.ts';
import { requireRole, type Role, roles } from './roles.ts';

const tag = 'api keys';
const apiKey = Type.Object(apiKeyRow, { title: 'ApiKey' });
const created = Type.Object(
  { id: Type.Integer(), name: Type.String(), role: apiKeyRow.role, key: Type.String(), key_prefix: Type.String() },
  { title: 'NewApiKey' },
);
const body = strict({
  name: Type.String({ minLength: 1, maxLength: 200, description: 'What the key is for.' }),
  role: Type.Unsafe<Role>(Type.Union(roles.map((role) => Type.Literal(role)))),
  rate_limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000_000,
      description: "Requests per window; the server's RATE_LIMIT if not given.",
    }),
  ),
  expires_at: Type.Optional(Type.String({ format: 'date-time', description: 'Never, if not given.' })),
});

const list = operation(
  'list_api_keys',
  {
    tag,
    summary: 'List API keys',
    description: 'last_used_at is right to about ten seconds.',
    answers: { 200: pageOf(apiKey) },
  },
  { query: listQuery({ include_revoked: Type.Optional(Type.Boolean()) }) },
);
const create = operation(
  'create_api_key',
  {
    tag,
    summary: 'Create an API key',
    description: 'The answer has the key itself, this once. Its role is at most that of the caller.',
    answers: { 201: created },
    problems: [409],
  },
  { body },
);
const revoke = operation(
  'revoke_api_key',
  { tag, summary: 'Revoke an API key', description: 'It is refused from now on, for good.', answers: { 204: null } },
  { params: idOf('API key') },
);

/** Creating, listing and revoking API keys. */
export const apiKeys = ({ credentials, ...deps }: Deps) => {
  const { create_api_key, list_api_keys, count_api_keys, revoke_api_key } = deps.api.api_keys;
  return new Elysia({ name: 'api_keys', prefix: '/api-keys' })
    .use(auth({ ...deps, credentials }))
    .get(
      '/',
      ({ caller, query }) => {
        const chosen = { p_tenant_id: caller.tenant_id, p_include_revoked: query.include_revoked ?? false };
        return pageThrough(
          query,
          ({ edgeId, limit, offset }) =>
            list_api_keys({ ...chosen, p_after_id: edgeId, p_limit: limit, p_offset: offset }),
          () => count_api_keys(chosen),
        );
      },
      list,
    )
    .post(
      '/',
      async ({ caller, body: { name, role, rate_limit, expires_at }, status }) => {
        requireRole(caller, role);
        const { text: key, hash, prefix: key_prefix } = makeApiKey();
        const id = await create_api_key({
          p_tenant_id: caller.tenant_id,
          p_name: name,
          p_role: role,
          p_key_hash: hash,
          p_key_prefix: key_prefix,
          p_rate_limit: rate_limit,
          p_expires_at: expires_at,
        });
        return status(201, { id, name, role, key, key_prefix });
      },
      create,
    )
    .delete(
      '/:id',
      async ({ caller, params: { id } }) => {
        await revoke_api_key({ p_tenant_id: caller.tenant_id, p_api_key_id: id });
        credentials.forgetApiKeys(caller.tenant_id);
      },
      revoke,
    );
};
