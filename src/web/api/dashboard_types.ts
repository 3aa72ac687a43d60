// The figures of the dashboard, of the cache and of the system's health as the API gives them.
import type { HealthStatus } from './types.ts';

export interface Overview {
  /** Attempts, as all totals here. */
  total_deliveries: number;
  failed_deliveries: number;
  /** Deliveries that wait now. */
  pending_deliveries: number;
  success_rate_percent: number | null;
  active_webhooks: number;
  degraded_webhooks: number;
  oldest_due_seconds: number | null;
  /** How many may wait; null for any number. */
  queue_limit?: number | null;
  queue_used_percent?: number | null;
  queue_limit_state?: 'free' | 'near' | 'reached' | null;
  generated_at: string;
}

/** That a webhook fails within the hour. */
export interface FailureRisk {
  /** From 0 to 1. */
  probability: number;
  /** A sentence. */
  reason: string;
}

/** One webhook as its tile shows it. */
export interface Tile {
  id: number;
  name: string;
  is_active: boolean;
  disabled_reason: string | null;
  health_status: HealthStatus;
  breaker_state: 'closed' | 'open' | 'half_open';
  blocked_until: string | null;
  status_changed_at: string | null;
  last_status_code: number | null;
  last_error: string | null;
  success_rate_percent: number | null;
  pending_deliveries: number;
  /** Attempts delivered and failed per minute of the last 15 minutes, oldest first. */
  sparkline: number[];
  failed_sparkline: number[];
}

/** Something that is not as it used to be. */
export interface Anomaly {
  kind: string;
  webhook_id: number | null;
  webhook_name: string | null;
  alert_type: string | null;
  severity: string;
  since: string;
  /** A sentence. */
  description: string;
}

/** One step of a timeseries. Latencies are null when nothing was sent. */
export interface TimePoint {
  at: string;
  delivered: number;
  failed: number;
  attempts: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  queue_depth: number | null;
  oldest_due_seconds: number | null;
}

/** The figures of this moment, as `metrics_update` carries them. */
export interface Metrics {
  p50_latency_ms: number | null;
  p95_latency_ms: number | null;
  p99_latency_ms: number | null;
  error_rate_percent: number | null;
  cache_hit_rate_percent: number | null;
  deliveries_per_second: number;
  queue_depth: number;
}

export interface CacheLevel {
  status?: string;
  hit_rate?: number | null;
  [figure: string]: unknown;
}

export interface CacheStats {
  hit_rate: number | null;
  total_requests: number;
  cache_hits: number;
  cache_misses: number;
  evicted_entries: number;
  current_size_bytes: number;
  max_size_bytes: number;
  l1?: CacheLevel;
  l2?: CacheLevel;
}

export interface DeepHealth {
  status: 'healthy' | 'degraded' | 'unhealthy';
  timestamp?: string;
  database: { status: string; response_time_ms: number | null; pool?: Record<string, number> };
  cache?: { status: string; hit_rate?: number | null; l1?: CacheLevel; l2?: CacheLevel };
  webhooks: { status: string; active_count: number; failed_count: number };
  delivery: {
    status?: string;
    queue_depth: number;
    /** Retries that are due later · what waits for a webhook that is switched off or whose breaker is open. */
    scheduled?: number;
    parked?: number;
    oldest_due_seconds: number | null;
    workers: number;
    tenants_near_queue_limit?: number;
  };
}

/** A process that delivers, of whichever server of the database. */
export interface Worker {
  worker_id: number;
  host: string;
  pid: number;
  started_at: string;
  beat_at: string;
  /** False: it fell silent, and its deliveries are given to others. */
  is_alive: boolean;
  in_flight: number;
  late_results: number;
}

/** What `/system` tells; `server` is the one that answers. */
export interface SystemOverview {
  version: string;
  server: {
    processes: number;
    restarts: number;
    started_at: string;
    memory_bytes: number;
    sockets: number;
    pool: { size: number; used: number; waiting: number };
  };
  database: {
    postgres_version: string;
    database_bytes: number;
    connections: number;
    connections_max: number;
    retention_days: number;
    ready: number;
    scheduled: number;
    parked: number;
    sending: number;
    alert_partitions: number;
    log_partitions: number;
    partition_runway_seconds: number;
  };
  workers: Worker[];
}
