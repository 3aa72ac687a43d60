// The SQL functions about the system as a whole, as typed calls.
import { maybe, one } from '../call.ts';
import * as c from '../columns.ts';

export const systemCalls = {
  get_system_health: one(
    {},
    {
      active_webhooks: c.integer,
      failed_webhooks: c.integer,
      queue_depth: c.integer,
      oldest_due_seconds: c.double,
      workers: c.integer,
    },
  ),
  get_schema_state: maybe({}, { rebuilt_sha256: c.text, tables: c.arrayOf(c.text) }),
};
