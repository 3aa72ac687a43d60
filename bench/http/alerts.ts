// The alert that the benches of writes raise, of about 500 bytes.

/** What the one webhook takes that is to match it. */
const alertType = 'bench.g0';

/** As it is POSTed. */
export function makeAlert(n: number) {
  return { alert_type: alertType, message: 'An order was paid.', context: { order: n, pad: 'x'.repeat(300) } };
}
