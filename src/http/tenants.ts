// Routes under /tenants, for callers with the role platform.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { tenantRow } from '../store/api/tenants.ts';
import { auth } from './auth.ts';
import type { Deps } from './deps.ts';
import { operation, strict } from './operation.ts';
import { listQuery, pageOf, pageThrough } from './pagination.ts';
import { found } from './problem.ts';

const tag = 'tenants';
const tenant = Type.Object(tenantRow, { title: 'Tenant' });
const named = strict({
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
    examples: ['acme'],
    description: 'Lower-case letters, digits, - and _.',
  }),
});

const list = operation(
  'list_tenants',
  { tag, summary: 'List tenants', answers: { 200: pageOf(tenant) } },
  { query: listQuery({}) },
);
const create = operation(
  'create_tenant',
  { tag, summary: 'Create a tenant', answers: { 201: tenant }, problems: [409] },
  { body: named },
);
const read = operation('get_tenant', { tag, summary: 'Get a tenant', answers: { 200: tenant } }, { params: named });
const limit = operation(
  'set_queue_limit',
  {
    tag,
    summary: 'Limit how many deliveries may wait',
    description:
      'While more wait, raising alerts is refused with 429. It holds within about a second, and is exact to what is raised in one.',
    answers: { 200: tenant },
  },
  {
    params: named,
    body: strict({
      queue_limit: Type.Union([Type.Integer({ minimum: 1, maximum: 2_147_483_647 }), Type.Null()], {
        description: 'Null for any number.',
      }),
    }),
  },
);
const remove = operation(
  'delete_tenant',
  {
    tag,
    summary: 'Delete a tenant',
    description:
      'Its webhooks, their secrets and its API keys end at once; its alerts and log stay, unreadable, until retention drops them. ' +
      'The tenant default cannot be deleted, nor one whose tables are watched.',
    answers: { 204: null },
    problems: [409],
  },
  { params: named },
);

/** Creating, listing and deleting tenants. */
export const tenants = (deps: Deps) => {
  const { create_tenant, get_tenant, list_tenants, count_tenants, set_queue_limit, delete_tenant } = deps.api.tenants;
  return new Elysia({ name: 'tenants', prefix: '/tenants' })
    .use(auth(deps))
    .get(
      '/',
      ({ query }) =>
        pageThrough(
          query,
          ({ edgeId, limit, offset }) => list_tenants({ p_after_id: edgeId, p_limit: limit, p_offset: offset }),
          () => count_tenants(),
        ),
      list,
    )
    .post(
      '/',
      async ({ body: { name }, set, status }) => {
        await create_tenant({ p_name: name });
        set.headers.location = `/api/v1/tenants/${name}`;
        return status(201, found(await get_tenant({ p_name: name }), 'tenant'));
      },
      create,
    )
    .get('/:name', async ({ params: { name } }) => found(await get_tenant({ p_name: name }), 'tenant'), read)
    .patch(
      '/:name',
      async ({ params: { name }, body: { queue_limit } }) => {
        await set_queue_limit({ p_name: name, p_queue_limit: queue_limit });
        return found(await get_tenant({ p_name: name }), 'tenant');
      },
      limit,
    )
    .delete(
      '/:name',
      async ({ params: { name } }) => {
        const { id } = found(await get_tenant({ p_name: name }), 'tenant');
        await delete_tenant({ p_name: name });
        deps.credentials.forgetTenant(id);
      },
      remove,
    );
};
