// What the WebSocket says and what it may be told: the closed set of messages, as the contract names them.
import type { Metrics } from '../api/dashboard_types.ts';
import type { AlertStatus, AttemptStatus, HealthStatus, Severity } from '../api/types.ts';

interface Stamped {
  timestamp: string;
  /** Where the reader stands; to resume there after a reconnect. */
  cursor?: string;
}

export type ServerMessage = Stamped &
  (
    | ({ type: 'metrics_update' } & Metrics)
    | {
        type: 'alert_new';
        alert_id: number;
        severity: Severity;
        message: string;
        alert_type: string;
        status: AlertStatus;
        created_at: string;
      }
    // No ids when too many changed to name them.
    | { type: 'alert_updated'; alert_ids: number[] }
    | {
        type: 'webhook_status_changed';
        webhook_id: number;
        webhook_name: string;
        health_status: HealthStatus;
        success_rate_percent: number | null;
      }
    | {
        type: 'delivery_finished';
        delivery_id: number;
        alert_id: number;
        webhook_id: number;
        status: AttemptStatus;
        attempt: number;
        status_code: number | null;
        response_ms: number | null;
        error: string | null;
        attempted_at: string;
      }
    | { type: 'heartbeat'; active_connections: number }
    | { type: 'subscription_confirmed' | 'unsubscribe_confirmed' | 'pong' | 'reset' }
    | { type: 'resumed'; replayed: number }
    | { type: 'error'; error_code: string; detail: string }
  );

export type MessageType = ServerMessage['type'];
export type MessageOf<T extends MessageType> = Extract<ServerMessage, { type: T }>;

export type ClientMessage =
  | { action: 'subscribe' | 'unsubscribe'; types: readonly Topic[] }
  | { action: 'resume'; cursor: string }
  | { action: 'ping' };

export type Topic = 'metrics' | 'alerts' | 'webhooks' | 'deliveries';

/** Reads one frame; null for what is not a message. */
export function readMessage(text: string): ServerMessage | null {
  try {
    const message: unknown = JSON.parse(text);
    return typeof (message as ServerMessage | null)?.type === 'string' ? (message as ServerMessage) : null;
  } catch {
    return null;
  }
}
