// Sends a test message to one webhook at once, outside the queue, and returns the answer it got.
import { randomUUID } from 'node:crypto';
import { makeResolver, type ResolveOptions } from './address.ts';
import { deliver } from './deliver.ts';
import type { Outcome } from './outcome.ts';
import { type TargetOptions, Targets } from './targets.ts';

/** What `ping` answers: the attempt, and the message that was sent. */
export type PingResult = Outcome & { message_id: string; request_body: string };

/**
 * Makes the function behind `POST /webhooks/{id}/test`. The message is of type `tocsin.ping`; it ignores breaker, rate limit
 * and `is_active`, because whoever tests wants to know how the receiver answers now.
 */
export function makePing(options: TargetOptions & ResolveOptions): (webhookId: number) => Promise<PingResult> {
  const resolve = makeResolver(options);
  return async function ping(webhookId) {
    const targets = new Targets(options);
    await targets.fetch([webhookId]);
    const message_id = `ping_${randomUUID()}`;
    const request_body = JSON.stringify({
      type: 'tocsin.ping',
      timestamp: new Date().toISOString(),
      data: { message: 'This is a test of your webhook.' },
    });
    const outcome = await deliver(targets.get(webhookId), { messageId: message_id, body: request_body }, resolve);
    return { ...outcome, message_id, request_body };
  };
}
