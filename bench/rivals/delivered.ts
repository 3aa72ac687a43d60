// What a delivery that succeeds comes to, for benches that send nothing.
import type { Outcome } from '../../src/delivery/outcome.ts';

export const delivered: Outcome = {
  outcome: 'delivered',
  status_code: 204,
  response_ms: 3,
  error: null,
  response_body: null,
  retry_after_seconds: null,
};
