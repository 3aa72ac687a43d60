// `tocsin alerts`: raises and lists alerts of a running server.
import { Client } from './client.ts';
import { exitCodes, type Line, UsageError } from './command.ts';
import { minuteOf, printJson, printTable } from './print.ts';
import { readInstant } from './duration.ts';

type Alert = {
  id: number;
  severity: string;
  alert_type: string;
  status: string;
  message: string;
  delivery_count: number;
  created_at: string;
};

const ALERTS_MAX = 10_000;

export async function raiseAlert(line: Line): Promise<number> {
  const alert = await new Client().post<Alert>('/alerts', {
    message: line.operands[0],
    alert_type: line.text('type'),
    severity: line.text('severity'),
    context: readContext(line.text('context')),
    dedupe_key: line.text('dedupe-key'),
  });
  if (line.isJson) printJson(alert);
  else
    console.log(
      `Alert ${alert.id} goes to ${alert.delivery_count} ${alert.delivery_count === 1 ? 'webhook' : 'webhooks'}.`,
    );
  return exitCodes.done;
}

export async function listAlerts(line: Line): Promise<number> {
  const query = {
    status: line.text('status'),
    severity: line.text('severity'),
    since: readInstant(line.text('since'), '--since'),
  };
  const alerts = await new Client().list<Alert>('/alerts', query, Math.min(line.count('limit') ?? 50, ALERTS_MAX));
  if (line.isJson) printJson(alerts);
  else
    printTable(
      ['ID', 'RAISED', 'SEVERITY', 'STATUS', 'TYPE', 'MESSAGE'],
      alerts.map((alert) => [
        alert.id,
        minuteOf(alert.created_at),
        alert.severity,
        alert.status,
        alert.alert_type,
        alert.message.length > 100 ? `${alert.message.slice(0, 99)}…` : alert.message,
      ]),
    );
  return exitCodes.done;
}

function readContext(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('--context must be a JSON object, such as \'{"host": "a"}\'.');
  }
}
