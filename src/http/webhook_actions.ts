// Routes under /webhooks/{id} that do something: test, rotate the secret, enable, list its deliveries.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { failureRiskRow } from '../store/api/dashboard.ts';
import { auth } from './auth.ts';
import { deliveriesOf, deliveryFilters, deliveryPage } from './delivery_list.ts';
import type { Deps } from './deps.ts';
import { idOf, operation, strict } from './operation.ts';
import { listQuery } from './pagination.ts';
import { found } from './problem.ts';
import { sealedSecret, secretField } from './webhook_body.ts';
import { webhook } from './webhooks.ts';

const tag = 'webhooks';
const params = idOf('webhook');
const nullableText = Type.Union([Type.String(), Type.Null()]);

const testResult = Type.Object(
  {
    success: Type.Boolean(),
    status_code: Type.Union([Type.Integer(), Type.Null()], { description: 'Null when no answer came.' }),
    response_ms: Type.Integer(),
    error: nullableText,
    response_body: Type.Union([Type.String(), Type.Null()], { description: 'The beginning of the answer.' }),
    message_id: Type.String({ description: 'The webhook-id that was sent.' }),
  },
  { title: 'TestResult' },
);
const rotated = Type.Object(
  { id: Type.Integer(), secret: Type.String(), previous_secret_valid_until: Type.String({ format: 'date-time' }) },
  { title: 'RotatedSecret' },
);

const test = operation(
  'get_delivery_targets',
  {
    tag,
    summary: 'Send a test message now',
    description: 'Sends a tocsin.ping to the receiver and waits for its answer. It enters no queue and no statistics.',
    answers: { 200: testResult },
  },
  { params },
);
const rotate = operation(
  'rotate_webhook_secret',
  {
    tag,
    summary: 'Replace the signing secret',
    description: 'The answer has the new secret, this once. Until the old one ends, deliveries are signed with both.',
    isBodyOptional: true,
    answers: { 200: rotated },
  },
  {
    params,
    body: strict({
      overlap_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_592_000, default: 86_400 })),
      secret: Type.Optional(secretField),
    }),
  },
);
const enable = operation(
  'enable_webhook',
  {
    tag,
    summary: 'Enable again, with a slow start',
    description:
      'Ends the wait of an open breaker too. What waits is delivered one by one at first, faster with each success.',
    answers: { 200: webhook },
  },
  { params },
);
const risk = operation(
  'get_failure_risk',
  {
    tag,
    summary: 'How likely it fails within the hour',
    description:
      'Fails: in some five minutes its breaker is open, or half or more of five or more attempts fail. figures has what was observed, ' +
      'weighed as fitted on simulated histories; the contributions add up to the logit of the probability.',
    answers: { 200: Type.Object(failureRiskRow, { title: 'FailureRisk' }) },
  },
  { params },
);
const list = operation(
  'list_deliveries_of_webhook',
  { tag, summary: 'List the deliveries of a webhook', answers: { 200: deliveryPage } },
  { params, query: listQuery(deliveryFilters) },
);

/** What can be done with one webhook. */
export const webhookActions = (deps: Deps) => {
  const { get_webhook, enable_webhook, rotate_webhook_secret } = deps.api.webhooks;
  return new Elysia({ name: 'webhook_actions', prefix: '/webhooks/:id' })
    .use(auth(deps))
    .post(
      '/test',
      async ({ caller, params: { id } }) => {
        found(await get_webhook({ p_tenant_id: caller.tenant_id, p_webhook_id: id }), 'webhook');
        const { outcome, status_code, response_ms, error, response_body, message_id } = await deps.ping(id);
        return { success: outcome === 'delivered', status_code, response_ms, error, response_body, message_id };
      },
      test,
    )
    .post(
      '/rotate-secret',
      async ({ caller, params: { id }, body }) => {
        const { secret, sealed } = sealedSecret(body.secret, deps.vault);
        const previous_secret_valid_until = await rotate_webhook_secret({
          p_tenant_id: caller.tenant_id,
          p_webhook_id: id,
          p_secret_sealed: sealed,
          p_overlap_seconds: body.overlap_seconds,
        });
        return { id, secret, previous_secret_valid_until };
      },
      rotate,
    )
    .post(
      '/enable',
      async ({ caller, params: { id } }) => {
        const key = { p_tenant_id: caller.tenant_id, p_webhook_id: id };
        await enable_webhook(key);
        return found(await get_webhook(key), 'webhook');
      },
      enable,
    )
    .get(
      '/failure-risk',
      async ({ caller, params: { id } }) =>
        found(
          await deps.api.dashboard.get_failure_risk({ p_webhook_id: id, p_tenant_id: caller.tenant_id }),
          'webhook',
        ),
      risk,
    )
    .get(
      '/deliveries',
      async ({ caller, params: { id }, query }) => {
        const page = await deliveriesOf(deps, caller, query, { p_webhook_id: id });
        // The log of a deleted webhook stays readable, so only an empty one asks whether there is such a webhook.
        if (page.items.length === 0) {
          found(await get_webhook({ p_tenant_id: caller.tenant_id, p_webhook_id: id }), 'webhook');
        }
        return page;
      },
      list,
    );
};
