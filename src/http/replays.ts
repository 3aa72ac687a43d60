// Routes under /webhooks/{id} that send again what was raised: start a replay, follow it, cancel it.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { replayRow, replayStatuses } from '../store/api/replays.ts';
import { auth } from './auth.ts';
import type { Deps } from './deps.ts';
import { ids } from './example_rows.ts';
import { idOf, operation, strict } from './operation.ts';
import { listQuery, pageOf, pageThrough } from './pagination.ts';
import { found } from './problem.ts';
import { instantField, instantOf } from './time_filter.ts';

const tag = 'webhooks';
const params = idOf('webhook');
const bigId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const replayParams = strict({
  ...params.properties,
  replay_id: Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    examples: [ids.replay],
    description: 'The id of the replay.',
  }),
});
const replay = Type.Object(replayRow, { title: 'Replay' });
const matched = Type.Integer({ description: 'Deliveries that match, counted up to 100,000.' });
const counted = Type.Object({ matched, dry_run: Type.Literal(true) }, { title: 'ReplayPreview' });
const begun = Type.Object({ replay_id: Type.Integer(), matched }, { title: 'ReplayBegun' });

const body = strict({
  since: instantField('Alerts raised at this time or later.'),
  until: instantField('Alerts raised before this time; now if not given.'),
  status: Type.Optional(
    Type.Unsafe<(typeof replayStatuses)[number]>({
      ...Type.Union(replayStatuses.map((word) => Type.Literal(word))),
      description: 'How their delivery to this webhook ended. all, the default, takes also those that it never got.',
    }),
  ),
  alert_types: Type.Optional(
    Type.Array(
      Type.String({ minLength: 1, maxLength: 200, pattern: '^(\\*|[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*(\\.\\*)?)$' }),
      {
        minItems: 1,
        maxItems: 100,
        description: 'Types, or prefixes such as order.*.',
      },
    ),
  ),
  filter: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { description: 'Conditions on the alert, as those of a webhook.' }),
  ),
  alert_ids: Type.Optional(Type.Array(bigId, { minItems: 1, maxItems: 1000 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'The oldest so many.' })),
  per_second: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 5000,
      description:
        'The pace, which begins with a tenth of it, or with 10, and rises for 30 seconds. As fast as it goes if not given.',
    }),
  ),
  dry_run: Type.Optional(Type.Boolean({ description: 'Only counts.' })),
});

const start = operation(
  'replay_webhook',
  {
    tag,
    summary: 'Send again what was raised',
    description:
      'Goes on in the background and leaves alone what waits. ' +
      'With status all the webhook also gets what it never got, if it takes it by its settings of now, or if alert_types or alert_ids name it.',
    isBodyOptional: true,
    answers: { 200: counted, 202: begun },
    problems: [409],
  },
  { params, body },
);
const list = operation(
  'list_replays',
  { tag, summary: 'List the replays of a webhook, newest first', answers: { 200: pageOf(replay) } },
  { params, query: listQuery({}) },
);
const read = operation(
  'get_replay',
  { tag, summary: 'Follow a replay', description: 'Right to about a second.', answers: { 200: replay } },
  { params: replayParams },
);
const cancel = operation(
  'cancel_replay',
  { tag, summary: 'Cancel a replay', description: 'What it has queued is delivered.', answers: { 204: null } },
  { params: replayParams },
);

/** Starting, listing, following and cancelling the replays of a webhook. */
export const replays = (deps: Deps) => {
  const { replay_webhook, list_replays, count_replays, get_replay, cancel_replay } = deps.api.replays;
  const keyOf = (p_tenant_id: number, p_webhook_id: number) => ({ p_tenant_id, p_webhook_id });
  return new Elysia({ name: 'replays', prefix: '/webhooks/:id' })
    .use(auth(deps))
    .post(
      '/replay',
      async ({ caller, params: { id }, body: wanted, status }) => {
        const { replay_id, matched } = await replay_webhook({
          ...keyOf(caller.tenant_id, id),
          p_since: instantOf(wanted.since),
          p_until: instantOf(wanted.until),
          p_status: wanted.status,
          p_alert_types: wanted.alert_types,
          p_filter: wanted.filter,
          p_alert_ids: wanted.alert_ids,
          p_limit: wanted.limit,
          p_per_second: wanted.per_second,
          p_dry_run: wanted.dry_run,
        });
        return replay_id === null ? { matched, dry_run: true as const } : status(202, { replay_id, matched });
      },
      start,
    )
    .get(
      '/replays',
      async ({ caller, params: { id }, query }) => {
        const key = keyOf(caller.tenant_id, id);
        const page = await pageThrough(
          query,
          ({ edgeId, limit, offset }) =>
            list_replays({ ...key, p_before_id: edgeId, p_limit: limit, p_offset: offset }),
          () => count_replays(key),
        );
        if (page.items.length === 0) found(await deps.api.webhooks.get_webhook(key), 'webhook');
        return page;
      },
      list,
    )
    .get(
      '/replays/:replay_id',
      async ({ caller, params: { id, replay_id } }) =>
        found(await get_replay({ ...keyOf(caller.tenant_id, id), p_replay_id: replay_id }), 'replay'),
      read,
    )
    .delete(
      '/replays/:replay_id',
      async ({ caller, params: { id, replay_id }, status }) => {
        await cancel_replay({ ...keyOf(caller.tenant_id, id), p_replay_id: replay_id });
        return status(204, undefined);
      },
      cancel,
    );
};
