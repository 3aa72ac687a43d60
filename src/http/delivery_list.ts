// Lists deliveries with their filters, for the three routes that do.
import { type Static, Type } from '@sinclair/typebox';
import { deliveryRow, deliveryStatuses } from '../store/api/deliveries.ts';
import type { Caller } from './auth.ts';
import type { Deps } from './deps.ts';
import { listQuery, pageOf, pageThrough } from './pagination.ts';
import { instantField, instantOf } from './time_filter.ts';

export const delivery = Type.Object(deliveryRow, { title: 'Delivery' });
export const deliveryPage = pageOf(delivery);

export const deliveryFilters = {
  status: Type.Optional(Type.Union(deliveryStatuses.map((status) => Type.Literal(status)))),
  since: instantField('Raised at this time or later.'),
  until: instantField('Raised before this time.'),
};
const schema = listQuery(deliveryFilters);

/** A page of the deliveries of one webhook or alert, or of all. */
export function deliveriesOf(
  { api }: Pick<Deps, 'api'>,
  caller: Caller,
  query: Static<typeof schema>,
  of: { p_webhook_id?: number | undefined; p_alert_id?: number | undefined },
) {
  const chosen = {
    ...of,
    p_tenant_id: caller.tenant_id,
    p_status: query.status,
    p_since: instantOf(query.since),
    p_until: instantOf(query.until),
  };
  return pageThrough(
    query,
    ({ edgeId, limit, offset }) =>
      api.deliveries.list_deliveries({ ...chosen, p_before_id: edgeId, p_limit: limit, p_offset: offset }),
    () => api.deliveries.count_deliveries(chosen),
  );
}
