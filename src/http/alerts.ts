// Routes under /alerts that raise alerts, read them, and say what became of them.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { alertRow, alertStatuses, raisedRow } from '../store/api/alerts.ts';
import { severities } from '../store/api/webhooks.ts';
import { alertBody, batchBody, raisingHeaders, idempotencyKeyOf } from './alert_body.ts';
import { auth } from './auth.ts';
import type { Deps } from './deps.ts';
import { idOf, operation } from './operation.ts';
import { listQuery, pageOf, pageThrough } from './pagination.ts';
import { found } from './problem.ts';
import { gatherRaises } from './raising.ts';
import type { SingleReads } from './single_reads.ts';
import { instantField, instantOf } from './time_filter.ts';
import { readTraceparent } from '../trace_context.ts';

const tag = 'alerts';
export const alert = Type.Object(alertRow, { title: 'Alert' });
const raised = Type.Object(raisedRow, { title: 'RaisedAlert' });
const raisedBatch = Type.Object(
  { count: Type.Integer(), alert_ids: Type.Array(Type.Integer()) },
  { title: 'RaisedAlerts' },
);
const BATCH_BYTES_MAX = 16 * 1024 * 1024;

const list = operation(
  'list_alerts',
  { tag, summary: 'List alerts, newest first', answers: { 200: pageOf(alert) } },
  {
    query: listQuery({
      status: Type.Optional(Type.Union(alertStatuses.map((status) => Type.Literal(status)))),
      severity: Type.Optional(Type.Union(severities.map((severity) => Type.Literal(severity)))),
      alert_type: Type.Optional(Type.String({ maxLength: 200 })),
      since: instantField('Raised at this time or later.'),
      until: instantField('Raised before this time.'),
      q: Type.Optional(Type.String({ maxLength: 200, description: 'A part of the message or type.' })),
    }),
  },
);
const raise = operation(
  'raise_alert',
  {
    tag,
    summary: 'Raise an alert',
    description:
      'message is enough. With an idempotency-key header, the same request again gets the first answer again. ' +
      'The answer shows the alert as it was raised.',
    headers: raisingHeaders,
    answers: { 201: raised },
  },
  { body: alertBody },
);
const raiseBatch = operation(
  'raise_alerts',
  {
    tag,
    summary: 'Raise up to 1,000 alerts, all or none',
    description: 'The ids come back in the order of the alerts. An idempotency-key header holds for the whole list.',
    bodyBytesMax: BATCH_BYTES_MAX,
    headers: raisingHeaders,
    answers: { 201: raisedBatch },
  },
  { body: batchBody },
);
const read = operation(
  'get_alert',
  { tag, summary: 'Get an alert', answers: { 200: Type.Composite([alert, Type.Object({ payload: Type.String() })]) } },
  { params: idOf('alert') },
);

/** Raising, listing and reading alerts. */
export const alerts = (deps: Deps, singles: SingleReads) => {
  /** Of the span of this request, or else what its caller sent. */
  const traceparentOf = ({ headers }: Request) =>
    deps.tracing?.current()?.traceparent ?? readTraceparent(headers.get('traceparent'));
  const { raise_alerts, get_alert, list_alerts, count_alerts } = deps.api.alerts;
  const raise_and_get_alert = gatherRaises(deps.api.alerts);
  const readOne = singles.add('alerts', async (p_tenant_id, p_alert_id) =>
    found(await get_alert({ p_tenant_id, p_alert_id }), 'alert'),
  );
  return new Elysia({ name: 'alerts', prefix: '/alerts' })
    .use(auth(deps))
    .get(
      '/',
      ({ caller, query }) => {
        const { status: p_status, severity: p_severity, alert_type: p_alert_type, q: p_q } = query;
        const [p_since, p_until] = [instantOf(query.since), instantOf(query.until)];
        const chosen = { p_tenant_id: caller.tenant_id, p_status, p_severity, p_alert_type, p_since, p_until, p_q };
        return pageThrough(
          query,
          ({ edgeId, limit, offset }) =>
            list_alerts({ ...chosen, p_before_id: edgeId, p_limit: limit, p_offset: offset }),
          () => count_alerts(chosen),
        );
      },
      list,
    )
    .post(
      '/',
      async ({ caller: { tenant_id: p_tenant_id }, body, request, status, set }) => {
        const raisedAlert = await raise_and_get_alert({
          p_alert_type: body.alert_type,
          p_message: body.message,
          p_severity: body.severity,
          p_context: body.context,
          p_operation_type: body.operation_type,
          p_dedupe_key: body.dedupe_key,
          p_idempotency_key: idempotencyKeyOf(request.headers),
          p_tenant_id,
          p_traceparent: traceparentOf(request),
        });
        set.headers.location = `/api/v1/alerts/${raisedAlert.id}`;
        return status(201, raisedAlert);
      },
      raise,
    )
    .post(
      '/batch',
      async ({ caller, body, request, status }) => {
        const alert_ids = await raise_alerts({
          p_alerts: Array.isArray(body) ? body : body.alerts,
          p_idempotency_key: idempotencyKeyOf(request.headers),
          p_tenant_id: caller.tenant_id,
          p_traceparent: traceparentOf(request),
        });
        return status(201, { count: alert_ids.length, alert_ids });
      },
      raiseBatch,
    )
    .get('/:id', ({ caller, params: { id } }) => readOne(caller.tenant_id, id), read);
};
