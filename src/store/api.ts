// Every SQL function that the server calls, by noun: the one object through which it reaches the database.
import { alertCalls } from './api/alerts.ts';
import { apiKeyCalls } from './api/api_keys.ts';
import { dashboardCalls } from './api/dashboard.ts';
import { deliveryCalls } from './api/deliveries.ts';
import { liveCalls } from './api/live.ts';
import { replayCalls } from './api/replays.ts';
import { systemCalls } from './api/system.ts';
import { tenantCalls } from './api/tenants.ts';
import { webhookCalls } from './api/webhooks.ts';
import { workerCalls } from './api/workers.ts';
import { bindCall, type Call, type Callable, type CallOptions, type Run } from './call.ts';

/** All declared calls. A key is the name of the SQL function, and its operationId, log field and metric label. */
export const nouns = {
  webhooks: webhookCalls,
  alerts: alertCalls,
  deliveries: deliveryCalls,
  replays: replayCalls,
  workers: workerCalls,
  dashboard: dashboardCalls,
  live: liveCalls,
  system: systemCalls,
  api_keys: apiKeyCalls,
  tenants: tenantCalls,
};

/** Their names, in an order that is the same in every process. */
export const callNames: readonly string[] = Object.values(nouns).flatMap((calls) => Object.keys(calls));

type Nouns = typeof nouns;

/** The calls, bound to a pool or a transaction: `api.webhooks.get_webhook({ p_tenant_id: 1, p_webhook_id: 42 })`. */
export type Api = { [N in keyof Nouns]: { [F in keyof Nouns[N]]: Run<Nouns[N][F]> } };

/** Binds every call. Within a transaction, bind to the transaction. */
export function makeApi(sql: Callable, options: CallOptions = {}): Api {
  const bindNoun = (calls: Record<string, Call>) =>
    Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, bindCall(sql, name, call, options)]));
  return Object.fromEntries(Object.entries(nouns).map(([noun, calls]) => [noun, bindNoun(calls)])) as unknown as Api;
}
