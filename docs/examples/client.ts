// A typed client of the API by Eden: paths, bodies and answers are checked by the compiler against the server's own types.
import { treaty } from '@elysiajs/eden';
import type { App } from '../../src/http/app.ts';

/** Creates a webhook, raises an alert that it gets, and tells what became of it. */
export async function raiseAndFollow(origin: string, token: string, url: string) {
  const { api } = treaty<App>(origin, { headers: { authorization: `Bearer ${token}` } });

  const webhook = await api.v1.webhooks.post({ name: 'orders', url, events: ['order.*'] });
  if (webhook.error) throw new Error(`No webhook was made: ${webhook.status}`);

  const alert = await api.v1.alerts.post({ message: 'Order 7 was paid.', alert_type: 'order.paid' });
  if (alert.error) throw new Error(`No alert was raised: ${alert.status}`);

  const deliveries = await api.v1.webhooks({ id: webhook.data.id }).deliveries.get({ query: { page_size: 10 } });
  if (deliveries.error) throw new Error(`No deliveries were listed: ${deliveries.status}`);

  return {
    secret: webhook.data.secret,
    alertId: alert.data.id,
    statuses: deliveries.data.items.map(({ status }) => status),
  };
}
