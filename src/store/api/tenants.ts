// The SQL functions about tenants, as typed calls.
import { many, maybe, scalar } from '../call.ts';
import * as c from '../columns.ts';

export const tenantRow = { id: c.integer, name: c.text, created_at: c.timestamptz, queue_limit: c.nullable(c.integer) };

export const tenantCalls = {
  create_tenant: scalar({ p_name: c.text }, c.integer),
  get_tenant: maybe({ p_name: c.text }, tenantRow),
  list_tenants: many(
    { p_after_id: c.optional(c.integer), p_limit: c.optional(c.integer), p_offset: c.optional(c.integer) },
    tenantRow,
  ),
  count_tenants: scalar({}, c.bigint),
  set_queue_limit: scalar({ p_name: c.text, p_queue_limit: c.nullable(c.integer) }, c.nothing),
  delete_tenant: scalar({ p_name: c.text }, c.nothing),
};
