// Routes under /deliveries: list, read with attempts, retry.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { attemptRow, deliveryRow } from '../store/api/deliveries.ts';
import { auth } from './auth.ts';
import { deliveriesOf, delivery, deliveryFilters, deliveryPage } from './delivery_list.ts';
import type { Deps } from './deps.ts';
import { idOf, operation } from './operation.ts';
import { listQuery } from './pagination.ts';
import { found } from './problem.ts';
import type { SingleReads } from './single_reads.ts';

const tag = 'deliveries';
const params = idOf('delivery');
const withAttempts = Type.Object(
  {
    ...deliveryRow,
    webhook_name: Type.String(),
    url: Type.String(),
    attempts: Type.Array(Type.Object(attemptRow, { title: 'Attempt' })),
  },
  { title: 'DeliveryWithAttempts' },
);

const list = operation(
  'list_deliveries',
  { tag, summary: 'List deliveries, newest first', answers: { 200: deliveryPage } },
  {
    query: listQuery({
      ...deliveryFilters,
      webhook_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
      alert_id: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    }),
  },
);
const read = operation(
  'get_delivery',
  { tag, summary: 'Get a delivery with its attempts', answers: { 200: withAttempts } },
  { params },
);
const retry = operation(
  'retry_delivery',
  {
    tag,
    summary: 'Deliver again now, whatever its state',
    description: 'Queues it at the front; the answer shows it waiting. While it is being sent this is a conflict.',
    answers: { 202: delivery },
    problems: [409],
  },
  { params },
);

/** Listing, reading and retrying deliveries. */
export const deliveries = (deps: Deps, singles: SingleReads) => {
  const { get_delivery, list_attempts, retry_delivery } = deps.api.deliveries;
  const key = (tenantId: number, id: number) => ({ p_tenant_id: tenantId, p_delivery_id: id });
  const readOne = singles.add('deliveries', async (tenantId, id) => {
    const row = found(await get_delivery(key(tenantId, id)), 'delivery');
    return { ...row, attempts: await list_attempts(key(tenantId, id)) };
  });
  return new Elysia({ name: 'deliveries', prefix: '/deliveries' })
    .use(auth(deps))
    .get(
      '/',
      ({ caller, query }) =>
        deliveriesOf(deps, caller, query, { p_webhook_id: query.webhook_id, p_alert_id: query.alert_id }),
      list,
    )
    .get('/:id', ({ caller, params: { id } }) => readOne(caller.tenant_id, id), read)
    .post(
      '/:id/retry',
      async ({ caller, params: { id }, status }) => status(202, await retry_delivery(key(caller.tenant_id, id))),
      retry,
    );
};
