// Routes under /alerts that do something with alerts: acknowledge, resolve; and where they went.
import { type Static, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { whyRow } from '../store/api/alerts.ts';
import { manyBody, notesBody } from './alert_body.ts';
import { alert } from './alerts.ts';
import { auth, type Caller } from './auth.ts';
import { deliveriesOf, deliveryFilters, deliveryPage } from './delivery_list.ts';
import type { Deps } from './deps.ts';
import { idOf, operation, strict } from './operation.ts';
import { listQuery, onlyPage, pageOf } from './pagination.ts';
import { found } from './problem.ts';

const tag = 'alerts';
const params = idOf('alert');
const reason = Type.Object(whyRow, { title: 'WhyNotDelivered' });

const acknowledgeOne = operation(
  'acknowledge_alert',
  { tag, summary: 'Acknowledge an alert', isBodyOptional: true, answers: { 200: alert }, problems: [409] },
  { params, body: notesBody },
);
const resolveOne = operation(
  'resolve_alert',
  {
    tag,
    summary: 'Resolve an alert',
    description: 'Its dedupe key then opens a new alert next time.',
    isBodyOptional: true,
    answers: { 200: alert },
  },
  { params, body: notesBody },
);
const acknowledgeMany = operation(
  'acknowledge_alerts',
  {
    tag,
    summary: 'Acknowledge up to 1,000 alerts',
    description: 'failed counts those that do not exist or are resolved.',
    answers: { 200: Type.Object({ acknowledged: Type.Integer(), failed: Type.Integer() }, { title: 'Acknowledged' }) },
  },
  { body: manyBody },
);
const resolveMany = operation(
  'resolve_alerts',
  {
    tag,
    summary: 'Resolve up to 1,000 alerts',
    description: 'Their dedupe keys then open new alerts next time. failed counts those that do not exist.',
    answers: { 200: Type.Object({ resolved: Type.Integer(), failed: Type.Integer() }, { title: 'Resolved' }) },
  },
  { body: manyBody },
);
const list = operation(
  'list_deliveries_of_alert',
  { tag, summary: 'List the deliveries of an alert', answers: { 200: deliveryPage } },
  { params, query: listQuery(deliveryFilters) },
);
const why = operation(
  'why_not_delivered',
  {
    tag,
    summary: 'Why webhooks did or did not get an alert',
    description: 'No match, disabled, breaker open until, rate limited until, attempt n at t.',
    answers: { 200: pageOf(reason) },
  },
  { params, query: strict({ webhook_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })) }) },
);

/** What can be done with alerts, and what became of them. */
export const alertActions = (deps: Deps) => {
  const { get_alert, acknowledge_alert, resolve_alert, acknowledge_alerts, resolve_alerts, why_not_delivered } =
    deps.api.alerts;
  const many = ({ tenant_id, subject }: Caller, { alert_ids, notes }: Static<typeof manyBody>) => ({
    p_tenant_id: tenant_id,
    p_alert_ids: alert_ids,
    p_by: subject,
    p_notes: notes,
  });
  return new Elysia({ name: 'alert_actions', prefix: '/alerts' })
    .use(auth(deps))
    .post('/acknowledge', ({ caller, body }) => acknowledge_alerts(many(caller, body)), acknowledgeMany)
    .post('/resolve', ({ caller, body }) => resolve_alerts(many(caller, body)), resolveMany)
    .post(
      '/:id/ack',
      ({ caller, params: { id }, body }) =>
        acknowledge_alert({ p_tenant_id: caller.tenant_id, p_alert_id: id, p_by: caller.subject, p_notes: body.notes }),
      acknowledgeOne,
    )
    .post(
      '/:id/resolve',
      ({ caller, params: { id }, body }) =>
        resolve_alert({ p_tenant_id: caller.tenant_id, p_alert_id: id, p_by: caller.subject, p_notes: body.notes }),
      resolveOne,
    )
    .get(
      '/:id/deliveries',
      async ({ caller, params: { id }, query }) => {
        const page = await deliveriesOf(deps, caller, query, { p_alert_id: id });
        if (page.items.length === 0) found(await get_alert({ p_tenant_id: caller.tenant_id, p_alert_id: id }), 'alert');
        return page;
      },
      list,
    )
    .get(
      '/:id/why',
      async ({ caller, params: { id }, query }) =>
        onlyPage(
          await why_not_delivered({ p_alert_id: id, p_webhook_id: query.webhook_id, p_tenant_id: caller.tenant_id }),
        ),
      why,
    );
};
