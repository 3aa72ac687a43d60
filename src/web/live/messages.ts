// What the WebSocket says and what it may be told: the closed set of messages, as the contract names them.
import type { Metrics } from '../api/dashboard_types.ts';
import type { AlertStatus, HealthStatus, Severity } from '../api/types.ts';

interface Stamped {
  timestamp: string;
  /** Where to resume after this message. */
  cursor?: string | number;
}

export type ServerMessage = Stamped &
  (
    | ({ type: 'metrics_update' } & Metrics)
    | { type: 'alert_new'; alert_id: number; severity: Severity; message: string; alert_type: string }
    | { type: 'alert_updated'; alert_id: number; status?: AlertStatus }
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
        webhook_id: number;
        alert_id?: number;
        status: string;
        attempt?: number;
        status_code?: number | null;
        response_ms?: number | null;
        error?: string | null;
      }
    | { type: 'heartbeat'; active_connections: number }
    | { type: 'subscription_confirmed' | 'unsubscribe_confirmed' | 'pong' | 'reset' | 'resumed' }
    | { type: 'error'; message?: string }
  );

export type MessageType = ServerMessage['type'];
export type MessageOf<T extends MessageType> = Extract<ServerMessage, { type: T }>;

export type ClientMessage =
  | { action: 'subscribe' | 'unsubscribe'; types: readonly Topic[] }
  | { action: 'resume'; cursor: string | number }
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
