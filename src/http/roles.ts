// What each operation of the API asks of its caller: the one table to read when the question is who may do what.
import { roles } from '../store/api/api_keys.ts';
import { Problem } from './problem.ts';

export { roles };
/** From least to most; each may do all that those before it may. */
export type Role = (typeof roles)[number];

/**
 * The least role by operationId. `anyone` needs no credentials. An operation that is not here cannot be declared: see `roleNeeded`.
 */
export const rolesNeeded: Readonly<Record<string, Role | 'anyone'>> = Object.freeze({
  health: 'anyone',
  health_live: 'anyone',
  health_ready: 'anyone',
  get_system_health: 'anyone',
  get_metrics: 'viewer',

  list_webhooks: 'viewer',
  get_webhook: 'viewer',
  create_webhook: 'admin',
  update_webhook: 'admin',
  update_webhook_by_patch: 'admin',
  delete_webhook: 'admin',
  enable_webhook: 'admin',
  rotate_webhook_secret: 'admin',
  get_delivery_targets: 'operator',
  replay_webhook: 'operator',
  list_replays: 'viewer',
  get_replay: 'viewer',
  cancel_replay: 'operator',

  list_alerts: 'viewer',
  get_alert: 'viewer',
  raise_alert: 'operator',
  raise_alerts: 'operator',
  acknowledge_alert: 'operator',
  acknowledge_alerts: 'operator',
  resolve_alert: 'operator',
  resolve_alerts: 'operator',
  why_not_delivered: 'viewer',

  list_deliveries: 'viewer',
  list_deliveries_of_alert: 'viewer',
  list_deliveries_of_webhook: 'viewer',
  get_delivery: 'viewer',
  retry_delivery: 'operator',

  get_dashboard_overview_with_performance: 'viewer',
  get_dashboard_overview: 'viewer',
  get_dashboard_performance: 'viewer',
  list_dashboard_webhooks: 'viewer',
  list_anomalies: 'viewer',
  get_failure_risk: 'viewer',
  list_failure_risks: 'viewer',
  get_timeseries: 'viewer',
  get_alert_summary: 'viewer',

  get_system_overview: 'viewer',

  get_cache_stats: 'viewer',
  warm_cache: 'admin',
  invalidate_cache: 'admin',
  invalidate_cache_of: 'admin',

  list_api_keys: 'admin',
  create_api_key: 'admin',
  revoke_api_key: 'admin',

  list_tenants: 'platform',
  get_tenant: 'platform',
  create_tenant: 'platform',
  set_queue_limit: 'platform',
  delete_tenant: 'platform',
});

/**
 * What an operation asks for.
 * @throws Error when the table above does not say it: a new route cannot be reached by forgetting it
 */
export function roleNeeded(operationId: string): Role | 'anyone' {
  const role = Object.hasOwn(rolesNeeded, operationId) ? rolesNeeded[operationId] : undefined;
  if (role === undefined) throw new Error(`http/roles.ts does not say who may call ${operationId}.`);
  return role;
}

/** @throws Problem 401 when nobody is known to call, 403 when whoever calls may not */
export function requireRole(caller: { role: Role } | undefined, needed: Role | 'anyone'): void {
  if (needed === 'anyone') return;
  if (caller === undefined) throw unauthenticated('Credentials are needed.');
  if (roles.indexOf(caller.role) < roles.indexOf(needed)) {
    throw new Problem(
      'PERMISSION_DENIED',
      `This needs the role ${needed}; these credentials have the role ${caller.role}.`,
    );
  }
}

/** 401. `fault` is from RFC 6750 and stands in the header only when credentials were sent. */
export function unauthenticated(detail: string, fault?: 'invalid_token'): Problem {
  const challenge = `Bearer realm="tocsin"${fault ? `, error="${fault}"` : ''}`;
  return new Problem('UNAUTHENTICATED', detail, [], { 'www-authenticate': challenge });
}
