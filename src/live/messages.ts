// Every message of the live socket, one closed union each way.
import { type Static, type TProperties, Type } from '@sinclair/typebox';

const literal = Type.Literal;
const strict = { additionalProperties: false };

/** What can be subscribed to. */
export const channels = ['metrics', 'alerts', 'webhooks', 'deliveries'] as const;
export type Channel = (typeof channels)[number];
const Channels = Type.Array(Type.Unsafe<Channel>(Type.Union(channels.map((channel) => literal(channel)))), {
  maxItems: 16,
});

/** What clients send; the forms with `type` and `channels` are older and mean the same. */
export const ClientMessage = Type.Union([
  Type.Object({ action: literal('subscribe'), types: Channels }, strict),
  Type.Object({ action: literal('unsubscribe'), types: Channels }, strict),
  Type.Object({ action: literal('ping') }, strict),
  Type.Object({ action: literal('resume'), cursor: Type.String({ maxLength: 32 }) }, strict),
  Type.Object({ type: literal('subscribe'), channels: Channels }, strict),
  Type.Object({ type: literal('unsubscribe'), channels: Channels }, strict),
  Type.Object({ type: literal('ping') }, strict),
]);
export type ClientMessage = Static<typeof ClientMessage>;

const instant = Type.String({ format: 'date-time' });
const nullableNumber = Type.Union([Type.Number(), Type.Null()]);
const nullableText = Type.Union([Type.String(), Type.Null()]);

function message<const T extends string, P extends TProperties>(type: T, properties: P) {
  return Type.Object({ type: literal(type), timestamp: instant, ...properties }, strict);
}

/** Where the reader stands: after a reconnect `resume` with the last one seen sends what was missed. */
const cursor = { cursor: Type.String() };

export const ServerMessage = Type.Union([
  message('metrics_update', {
    p50_latency_ms: nullableNumber,
    p95_latency_ms: nullableNumber,
    p99_latency_ms: nullableNumber,
    error_rate_percent: nullableNumber,
    cache_hit_rate_percent: nullableNumber,
    deliveries_per_second: Type.Number(),
    queue_depth: Type.Integer(),
  }),
  message('alert_new', {
    ...cursor,
    alert_id: Type.Integer(),
    severity: Type.String(),
    message: Type.String(),
    alert_type: Type.String(),
    status: Type.String(),
    created_at: instant,
  }),
  /** `alert_ids` is empty when too many changed to name them: read the list again. */
  message('alert_updated', { alert_ids: Type.Array(Type.Integer()) }),
  message('webhook_status_changed', {
    webhook_id: Type.Integer(),
    webhook_name: Type.String(),
    health_status: Type.String(),
    success_rate_percent: nullableNumber,
  }),
  /** A sample of the newest when there are many. */
  message('delivery_finished', {
    delivery_id: Type.Integer(),
    alert_id: Type.Integer(),
    webhook_id: Type.Integer(),
    status: Type.String(),
    attempt: Type.Integer(),
    status_code: nullableNumber,
    response_ms: nullableNumber,
    error: nullableText,
    attempted_at: instant,
  }),
  /** Those of all processes of the server, right to a second. */
  message('heartbeat', { active_connections: Type.Integer() }),
  message('subscription_confirmed', { types: Channels, ...cursor }),
  message('unsubscribe_confirmed', { types: Channels }),
  /** The first as in `heartbeat`; users and uptime are of the process that answers. */
  message('pong', {
    total_connections: Type.Integer(),
    connected_users: Type.Integer(),
    uptime_seconds: Type.Number(),
  }),
  /** All that was missed has been sent. */
  message('resumed', { replayed: Type.Integer(), ...cursor }),
  /** Too much was missed to send: read everything again, and go on from here. */
  message('reset', { ...cursor }),
  message('error', { error_code: Type.String(), detail: Type.String() }),
]);
export type ServerMessage = Static<typeof ServerMessage>;

/** A message without its time, which is added when it is sent. */
export type Unsent<M = ServerMessage> = M extends ServerMessage ? Omit<M, 'timestamp'> : never;

/** The text of a message, stamped now. */
export function encode(unsent: Unsent): string {
  const { type, ...rest } = unsent;
  return JSON.stringify({ type, timestamp: new Date().toISOString(), ...rest });
}
