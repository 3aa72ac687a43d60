// Rebuilds the request of an attempt: everything but the signature and the values of custom headers, which are secret.
import type { Alert, Attempt, Delivery, Webhook } from '../api/types.ts';
import type { ShownRequest } from './curl.ts';

/** What stands where a value is not shown. */
export const SECRET = '…';

/** The parts that were signed, for checking a signature by hand. */
export interface SignatureParts {
  id: string;
  timestamp: string;
  /** `id.timestamp.body`. */
  content: string;
}

/** The request as it was sent; undefined until the alert, which holds the body, is known. */
export function requestOf(
  delivery: Delivery,
  attempt: Pick<Attempt, 'attempted_at'> | undefined,
  alert: Alert | undefined,
  webhook: Webhook | undefined,
): ShownRequest | undefined {
  if (alert?.payload === undefined) return undefined;
  const custom = (webhook?.header_names ?? []).map((name) => ({ name, value: SECRET }));
  const { id, timestamp } = signatureOf(delivery, attempt, alert.payload);
  return {
    url: delivery.url ?? webhook?.url ?? '',
    headers: [
      { name: 'content-type', value: 'application/json' },
      { name: 'webhook-id', value: id },
      { name: 'webhook-timestamp', value: timestamp },
      { name: 'webhook-signature', value: `v1,${SECRET}` },
      ...custom,
    ],
    body: alert.payload,
    ...(webhook !== undefined && webhook.format !== 'standard' && { format: webhook.format }),
  };
}

export function signatureOf(
  delivery: Delivery,
  attempt: Pick<Attempt, 'attempted_at'> | undefined,
  payload: string,
): SignatureParts {
  const id = `msg_${delivery.id}`;
  const timestamp = String(Math.floor(Date.parse(attempt?.attempted_at ?? delivery.created_at) / 1_000));
  return { id, timestamp, content: `${id}.${timestamp}.${payload}` };
}
