// Raises together what is asked for at the same time: under load one call of the database, and one commit, serves many requests.
import type { Api } from '../store/api.ts';
import { gather } from './gathering.ts';

type Calls = Pick<Api['alerts'], 'raise_and_get_alert' | 'raise_and_get_alerts'>;
type Raise = Calls['raise_and_get_alert'];

/**
 * The same as `raise_and_get_alert` for whoever calls it, each with an answer or an error of its own. Alerts with a key or a trace
 * go alone.
 * @param now Milliseconds of a clock that only moves on.
 */
export function gatherRaises({ raise_and_get_alert, raise_and_get_alerts }: Calls, now?: () => number): Raise {
  const raise = gather<Parameters<Raise>[0], Awaited<ReturnType<Raise>>>(
    {
      tenantOf: ({ p_tenant_id }) => p_tenant_id ?? 1,
      alone: raise_and_get_alert,
      together: (alerts, p_tenant_id) => raise_and_get_alerts({ p_alerts: alerts.map(fieldsOf), p_tenant_id }),
      togetherMax: 32,
    },
    now,
  );
  return (args) => {
    const { p_dedupe_key, p_idempotency_key, p_traceparent } = args;
    const isPlain = (p_dedupe_key ?? p_idempotency_key ?? p_traceparent) == null;
    return isPlain ? raise(args) : raise_and_get_alert(args);
  };
}

function fieldsOf(args: Parameters<Raise>[0]) {
  return {
    message: args.p_message,
    alert_type: args.p_alert_type,
    severity: args.p_severity,
    context: args.p_context,
    operation_type: args.p_operation_type,
  };
}
