// Carries the trace of an alert on to its receivers: as it came or, where tracing is configured, by a span of each attempt.
import { traceparentOf } from '../trace_context.ts';
import type { Tracing } from '../tracing.ts';
import type { Delivery } from './batch.ts';
import type { Outcome } from './outcome.ts';

type Deliver = (delivery: Delivery, traceparent: string | undefined) => Promise<Outcome>;

/** The traceparent that `deliver` gets is for the receiver. Alerts raised without a trace begin none unless tracing is on. */
export function makeTraced(tracing: Tracing | undefined, deliver: Deliver): (delivery: Delivery) => Promise<Outcome> {
  if (tracing === undefined) return (delivery) => deliver(delivery, traceparentOf(delivery.body));
  return async (delivery) => {
    const span = tracing.start('deliver', 'producer', traceparentOf(delivery.body));
    span.set({
      'tocsin.delivery_id': delivery.deliveryId,
      'tocsin.alert_id': delivery.alertId,
      'tocsin.webhook_id': delivery.webhookId,
      'tocsin.attempt': delivery.attempt,
    });
    const outcome = await tracing.within(span, () => deliver(delivery, span.traceparent));
    span.set({ 'tocsin.outcome': outcome.outcome, 'http.response.status_code': outcome.status_code ?? undefined });
    // The code before the colon; what follows may quote what a receiver said.
    span.end(outcome.outcome === 'delivered' ? undefined : (outcome.error?.split(':', 1)[0] ?? outcome.outcome));
    return outcome;
  };
}
