// One delivery from address to outcome: format → address → sign → send → outcome, a file each.
import type { Refusal, Target } from './address.ts';
import { formatMessage } from './formats.ts';
import { EXPIRED, type Outcome, outcomeOf } from './outcome.ts';
import { send } from './send.ts';
import { sign } from './sign.ts';
import type { WebhookTarget } from './targets.ts';

/** What is sent, before it takes the webhook's format, and as what: the message id is the same on every retry. */
export type Message = {
  messageId: string;
  body: string | undefined;
  traceparent?: string | undefined;
  /** See `SendRequest`. */
  onFailure?: ((headers: Record<string, string>) => void) | undefined;
};

/**
 * Sends one message to one webhook and says what came of it; never rejects. `resolve` pins the address, so what was checked
 * is what is called; `clock` tells the time that is signed, in ms since 1970.
 */
export async function deliver(
  webhook: WebhookTarget | undefined,
  message: Message,
  resolve: (url: string) => Promise<Target | Refusal>,
  clock: () => number = Date.now,
): Promise<Outcome> {
  const { messageId, body, traceparent, onFailure } = message;
  if (body === undefined) return EXPIRED;
  if (webhook === undefined) return refused('webhook_missing: the webhook is gone');
  const { secrets } = webhook;
  if (secrets === null) return refused('not_sendable: its secrets or headers do not open with the keys of this server');
  try {
    const formatted = formatMessage(webhook, body);
    if (!formatted.ok) return refused(`not_sendable: ${formatted.reason}`);
    const now = clock();
    const valid: string[] = [];
    for (const { secret, validUntil } of secrets) if (validUntil > now) valid.push(secret);
    const result = await send({
      target: await resolve(formatted.url),
      body: formatted.body,
      signedHeaders: sign(valid, messageId, Math.floor(now / 1000), formatted.body),
      traceparent,
      customHeaders: formatted.headers,
      timeoutMs: webhook.timeoutMs,
      isTlsVerified: webhook.isTlsVerified,
      onFailure,
    });
    return outcomeOf(result);
  } catch {
    // A secret that cannot be used, say: the words of the error could hold it.
    return refused('not_sendable: the message could not be signed or addressed');
  }
}

function refused(error: string): Outcome {
  return {
    outcome: 'failed',
    status_code: null,
    response_ms: 0,
    error,
    response_body: null,
    retry_after_seconds: null,
  };
}
