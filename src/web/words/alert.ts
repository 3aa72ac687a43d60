// Sorts out what became of an alert for each webhook, and whether an alert belongs into a filtered list.
import type { Alert, Why } from '../api/types.ts';
import { clock } from '../format/times.ts';

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

/** Those that got it, those that will, and those that will not. */
export function splitWhy(rows: readonly Why[]): { got: Why[]; waits: Why[]; missed: Why[] } {
  const isWaiting = ({ outcome }: Why) => outcome === 'pending' || outcome === 'sending';
  return {
    got: rows.filter(({ outcome }) => outcome === 'delivered'),
    waits: rows.filter(isWaiting),
    missed: rows.filter((row) => row.outcome !== 'delivered' && !isWaiting(row)),
  };
}

/** A sentence of the server's with its times in local time: they are in UTC there, without a day when it is today. */
export function withLocalTimes(sentence: string, now: number, zone?: string): string {
  const today = new Date(now).toISOString().slice(0, 10);
  return sentence.replace(/(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?) UTC/g, (_, day, time) =>
    clock(`${day ?? today}T${time}Z`, now, zone),
  );
}
