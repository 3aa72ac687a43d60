// The SQL functions about replays of webhooks, as typed calls.
import { many, maybe, one, scalar } from '../call.ts';
import * as c from '../columns.ts';

export const replayStatuses = ['failed', 'delivered', 'all'] as const;
export const replayStates = ['queueing', 'delivering', 'finished', 'cancelled'] as const;

export const replayRow = {
  id: c.bigint,
  webhook_id: c.integer,
  state: c.oneOf(replayStates),
  status: c.oneOf(replayStatuses),
  since: c.nullable(c.timestamptz),
  until: c.timestamptz,
  alert_types: c.nullable(c.arrayOf(c.text)),
  alert_ids: c.nullable(c.arrayOf(c.bigint)),
  filter: c.nullable(c.jsonObject),
  delivery_limit: c.nullable(c.integer),
  per_second: c.nullable(c.integer),
  total: c.integer,
  queued: c.integer,
  done: c.integer,
  delivered: c.integer,
  failed: c.integer,
  cancelled: c.integer,
  pending: c.integer,
  created_at: c.timestamptz,
  finished_at: c.nullable(c.timestamptz),
};

const webhookKey = { p_tenant_id: c.integer, p_webhook_id: c.integer };
const replayKey = { ...webhookKey, p_replay_id: c.bigint };

export const replayCalls = {
  replay_webhook: one(
    {
      ...webhookKey,
      p_since: c.optional(c.timestamptz),
      p_until: c.optional(c.timestamptz),
      p_status: c.optional(c.text),
      p_alert_types: c.optional(c.arrayOf(c.text)),
      p_filter: c.optional(c.jsonObject),
      p_alert_ids: c.optional(c.arrayOf(c.bigint)),
      p_limit: c.optional(c.integer),
      p_per_second: c.optional(c.integer),
      p_dry_run: c.optional(c.boolean),
    },
    { replay_id: c.nullable(c.bigint), matched: c.integer },
  ),
  list_replays: many(
    {
      ...webhookKey,
      p_before_id: c.optional(c.bigint),
      p_limit: c.optional(c.integer),
      p_offset: c.optional(c.integer),
    },
    replayRow,
  ),
  count_replays: scalar(webhookKey, c.bigint),
  get_replay: maybe(replayKey, replayRow),
  cancel_replay: scalar(replayKey, c.nothing),
};
