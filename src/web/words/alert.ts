// Says what became of an alert for a webhook, and whether an alert belongs into a filtered list.
import type { Alert, Why } from '../api/types.ts';

export interface AlertFilterValues {
  q?: string | null;
  status?: string | null;
  severity?: string | null;
  alert_type?: string | null;
  until?: string | null;
}

/** As the server filters: text is looked for in message and type. A list that ends in the past takes in nothing new. */
export function alertMatches(alert: Alert, filters: AlertFilterValues): boolean {
  const text = filters.q?.toLowerCase();
  if (text && !alert.message.toLowerCase().includes(text) && !alert.alert_type.toLowerCase().includes(text))
    return false;
  if (filters.status && alert.status !== filters.status) return false;
  if (filters.severity && alert.severity !== filters.severity) return false;
  if (filters.until && Date.parse(filters.until) < Date.parse(alert.created_at)) return false;
  return !filters.alert_type || alert.alert_type === filters.alert_type;
}

/** Those that got it or will, and those that will not. */
export function splitWhy(rows: readonly Why[]): { got: Why[]; missed: Why[] } {
  const isMissed = ({ outcome }: Why) => outcome === 'not_matched' || outcome === 'failed' || outcome === 'cancelled';
  return { got: rows.filter((row) => !isMissed(row)), missed: rows.filter(isMissed) };
}
