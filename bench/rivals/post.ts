// Signs a message and POSTs it by Bun's fetch, as every contender of the end-to-end bench but Tocsin does.
import { sign } from '../../src/delivery/sign.ts';
import { benchSecret } from '../fixtures.ts';

/** Rejects unless the receiver answers 2xx. */
export async function postSigned(url: string, id: string, body: string): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    ...sign([benchSecret], id, Math.floor(Date.now() / 1000), body),
  };
  const response = await fetch(url, { method: 'POST', body, headers });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`The receiver answered ${response.status}.`);
}

/** A body of about 500 bytes, as Tocsin sends it. */
export function makeBody(n: number): string {
  const context = { order: n, pad: 'x'.repeat(300) };
  return JSON.stringify({
    type: 'bench.0',
    timestamp: '2026-01-01T00:00:00.000Z',
    data: { alert_id: 1e14 + n, severity: 'INFO', message: 'An order was paid.', operation_type: null, context },
  });
}
