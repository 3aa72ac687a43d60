// Routes under /webhooks that create, read, change and delete.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { healthStatuses, webhookRow } from '../store/api/webhooks.ts';
import { auth } from './auth.ts';
import type { Deps } from './deps.ts';
import { idOf, operation } from './operation.ts';
import { listQuery, pageOf, pageThrough } from './pagination.ts';
import { found } from './problem.ts';
import { gatherReads } from './reading.ts';
import type { SingleReads } from './single_reads.ts';
import { createBody, sealedSecret, storedSettings, type UpdateBody, updateBody } from './webhook_body.ts';

const tag = 'webhooks';
const params = idOf('webhook');
export const webhook = Type.Object(webhookRow, { title: 'Webhook' });
const created = Type.Object({ ...webhookRow, secret: Type.String() }, { title: 'NewWebhook' });
const filters = listQuery({
  is_active: Type.Optional(Type.Boolean()),
  health_status: Type.Optional(Type.Union(healthStatuses.map((status) => Type.Literal(status)))),
  event: Type.Optional(Type.String({ maxLength: 200, description: 'Those that would get this alert type.' })),
  q: Type.Optional(Type.String({ maxLength: 200, description: 'Looked for in name, url and description.' })),
});

const list = operation(
  'list_webhooks',
  { tag, summary: 'List webhooks', answers: { 200: pageOf(webhook) } },
  { query: filters },
);
const create = operation(
  'create_webhook',
  {
    tag,
    summary: 'Create a webhook',
    description: 'name and url are enough. The answer has the signing secret, this once.',
    answers: { 201: created },
  },
  { body: createBody },
);
const read = operation(
  'get_webhook',
  { tag, summary: 'Get a webhook with its health and totals', answers: { 200: webhook } },
  { params },
);
const change = (operationId: string) =>
  operation(
    operationId,
    {
      tag,
      summary: 'Change a webhook',
      description:
        'Any subset of the fields: what is absent stays, null clears. A new secret replaces the old one after a day.',
      answers: { 200: webhook },
    },
    { params, body: updateBody },
  );
const remove = operation(
  'delete_webhook',
  {
    tag,
    summary: 'Delete a webhook',
    description: 'What waits for it ends as cancelled; its log stays readable.',
    answers: { 204: null },
  },
  { params },
);

/** Creating, reading, changing and deleting webhooks. */
export const webhooks = (deps: Deps, singles: SingleReads) => {
  const { get_webhook, list_webhooks, count_webhooks, create_webhook, delete_webhook } = deps.api.webhooks;
  // With tracing each has a call of its own, which its trace can show.
  const getOne = deps.tracing === undefined ? gatherReads(deps.api.webhooks) : get_webhook;
  const readOne = singles.add('webhooks', async (p_tenant_id, p_webhook_id) =>
    found(await getOne({ p_tenant_id, p_webhook_id }), 'webhook'),
  );
  return new Elysia({ name: 'webhooks', prefix: '/webhooks' })
    .use(auth(deps))
    .get(
      '/',
      ({ caller, query }) => {
        const { is_active: p_is_active, health_status: p_health_status, event: p_event, q: p_q } = query;
        const chosen = { p_tenant_id: caller.tenant_id, p_is_active, p_health_status, p_event, p_q };
        return pageThrough(
          query,
          ({ edgeId, limit, offset }) =>
            list_webhooks({ ...chosen, p_after_id: edgeId, p_limit: limit, p_offset: offset }),
          () => count_webhooks(chosen),
        );
      },
      list,
    )
    .post(
      '/',
      async ({ caller, body, status, set }) => {
        const { secret, sealed } = sealedSecret(body.secret, deps.vault);
        const stored = Object.entries(storedSettings(body, deps)).map(([field, value]) => [`p_${field}`, value]);
        const id = await create_webhook({
          ...(Object.fromEntries(stored) as { p_name: string; p_url: string }),
          p_tenant_id: caller.tenant_id,
          p_secret_sealed: sealed,
        });
        set.headers.location = `/api/v1/webhooks/${id}`;
        const row = found(await get_webhook({ p_tenant_id: caller.tenant_id, p_webhook_id: id }), 'webhook');
        return status(201, { ...row, secret });
      },
      create,
    )
    .get('/:id', ({ caller, params: { id } }) => readOne(caller.tenant_id, id), read)
    .put(
      '/:id',
      ({ caller, params, body }) => changeWebhook(deps, caller.tenant_id, params.id, body),
      change('update_webhook'),
    )
    .patch(
      '/:id',
      ({ caller, params, body }) => changeWebhook(deps, caller.tenant_id, params.id, body),
      change('update_webhook_by_patch'),
    )
    .delete(
      '/:id',
      async ({ caller, params: { id } }) => {
        await delete_webhook({ p_tenant_id: caller.tenant_id, p_webhook_id: id });
      },
      remove,
    );
};

async function changeWebhook({ api, ...deps }: Deps, p_tenant_id: number, p_webhook_id: number, body: UpdateBody) {
  const key = { p_tenant_id, p_webhook_id };
  const { update_webhook, rotate_webhook_secret, get_webhook } = api.webhooks;
  await update_webhook({ ...key, p_changes: storedSettings(body, deps) });
  if (body.secret !== undefined) {
    await rotate_webhook_secret({ ...key, p_secret_sealed: sealedSecret(body.secret, deps.vault).sealed });
  }
  return found(await get_webhook(key), 'webhook');
}
