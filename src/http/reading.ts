// Reads together the webhooks that are asked for one by one at the same time, which costs the database little more than one.
import type { Api } from '../store/api.ts';
import { gather } from './gathering.ts';

type Calls = Pick<Api['webhooks'], 'get_webhook' | 'get_webhooks'>;
type Read = Calls['get_webhook'];

/**
 * The same as `get_webhook` for whoever calls it.
 * @param now Milliseconds of a clock that only moves on.
 */
export function gatherReads({ get_webhook, get_webhooks }: Calls, now?: () => number): Read {
  return gather<Parameters<Read>[0], Awaited<ReturnType<Read>>>(
    {
      tenantOf: ({ p_tenant_id }) => p_tenant_id,
      alone: get_webhook,
      async together(asked, p_tenant_id) {
        const p_webhook_ids = [...new Set(asked.map(({ p_webhook_id }) => p_webhook_id))];
        const rows = await get_webhooks({ p_tenant_id, p_webhook_ids });
        const byId = new Map(rows.map((row) => [row.id, row]));
        return asked.map(({ p_webhook_id }) => byId.get(p_webhook_id) ?? null);
      },
      togetherMax: 64,
    },
    now,
  );
}
