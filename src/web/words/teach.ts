// The commands that empty pages teach.

/** Creates a first webhook. */
export function curlWebhook(origin: string): string {
  return `curl ${origin}/api/v1/webhooks \\
  -H 'content-type: application/json' \\
  -d '{"name": "My service", "url": "http://localhost:9000/"}'`;
}

/** Raises a first alert over HTTP. */
export function curlAlert(origin: string): string {
  return `curl ${origin}/api/v1/alerts \\
  -H 'content-type: application/json' \\
  -d '{"message": "Order 42 was paid", "alert_type": "order.paid"}'`;
}

/** Raises a first alert within a transaction. */
export const sqlAlert = `begin;
insert into orders (id, total) values (42, 99.50);
select tocsin.raise_alert('order.paid', 'Order 42 was paid');
commit;`;

/** The bundled receiver, to see deliveries arrive. */
export const demoReceiver = 'bun src/cli.ts demo-receiver --port 9000';
