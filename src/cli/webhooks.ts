// `tocsin webhooks`: lists, shows, makes, changes and tests webhooks of a running server.
import { Client } from './client.ts';
import { CliError, exitCodes, type Line, UsageError } from './command.ts';
import { minuteOf, plainText, printFields, printJson, printTable } from './print.ts';

type Webhook = {
  id: number;
  name: string;
  url: string;
  is_active: boolean;
  disabled_reason: string | null;
  events: string[];
  health_status: string;
  success_rate_percent: number | null;
  pending_deliveries: number;
  last_used_at: string | null;
};
type Tested = { success: boolean; status_code: number | null; response_ms: number; error: string | null };

const WEBHOOKS_MAX = 10_000;

export async function listWebhooks(line: Line): Promise<number> {
  const webhooks = await new Client().list<Webhook>('/webhooks', { q: line.text('q') }, WEBHOOKS_MAX);
  if (line.isJson) printJson(webhooks);
  else
    printTable(
      ['ID', 'NAME', 'STATE', 'SUCCESS', 'WAITING', 'LAST USED', 'EVENTS', 'URL'],
      webhooks.map((webhook) => [
        webhook.id,
        webhook.name,
        webhook.is_active ? webhook.health_status : 'disabled',
        webhook.success_rate_percent === null ? null : `${webhook.success_rate_percent} %`,
        webhook.pending_deliveries,
        minuteOf(webhook.last_used_at),
        webhook.events.join(' '),
        webhook.url,
      ]),
    );
  return exitCodes.done;
}

export async function showWebhook(line: Line): Promise<number> {
  return show(line, await findWebhook(new Client(), line.operands[0] as string));
}

export async function createWebhook(line: Line): Promise<number> {
  const { name, url, ...rest } = fieldsOf(line);
  if (name === undefined || url === undefined) throw new UsageError('A webhook needs --name and --url.');
  const made = await new Client().post<Webhook & { secret: string }>('/webhooks', { name, url, ...rest });
  if (line.isJson) printJson(made);
  else {
    printFields({ id: made.id, name: made.name, url: made.url, events: made.events.join(' '), secret: made.secret });
    console.error('This is the only time that the secret is shown.');
  }
  return exitCodes.done;
}

export async function updateWebhook(line: Line): Promise<number> {
  if (line.has('enable') && line.has('disable')) throw new UsageError('It is either --enable or --disable.');
  const changes = { ...fieldsOf(line), ...(line.has('disable') && { is_active: false }) };
  if (Object.keys(changes).length === 0 && !line.has('enable')) throw new UsageError('Say what to change.');
  const client = new Client();
  let webhook = await findWebhook(client, line.operands[0] as string);
  if (Object.keys(changes).length > 0) webhook = await client.patch(`/webhooks/${webhook.id}`, changes);
  if (line.has('enable')) webhook = await client.post(`/webhooks/${webhook.id}/enable`);
  return show(line, webhook);
}

export async function testWebhook(line: Line): Promise<number> {
  const client = new Client();
  const { id } = await findWebhook(client, line.operands[0] as string);
  const tested = await client.post<Tested>(`/webhooks/${id}/test`);
  if (line.isJson) printJson(tested);
  else if (tested.success) console.log(`It answered ${tested.status_code} after ${tested.response_ms} ms.`);
  else console.error(`It failed after ${tested.response_ms} ms: ${plainText(tested.error ?? '')}`);
  return tested.success ? exitCodes.done : exitCodes.failed;
}

/**
 * By id, or by its exact name.
 * @throws CliError when there is none, or more than one of the name
 */
export async function findWebhook(client: Client, idOrName: string): Promise<Webhook> {
  if (/^\d+$/.test(idOrName)) return client.get(`/webhooks/${idOrName}`);
  const alike = await client.list<Webhook>('/webhooks', { q: idOrName }, WEBHOOKS_MAX);
  const [found, another] = alike.filter(({ name }) => name === idOrName);
  if (found === undefined) throw new CliError('There is no webhook of this name.', exitCodes.missing);
  if (another !== undefined)
    throw new CliError('There are several webhooks of this name: say the id.', exitCodes.failed);
  return found;
}

function fieldsOf(line: Line) {
  const fields = {
    name: line.text('name'),
    url: line.text('url'),
    events: line.has('event') ? line.list('event') : undefined,
    min_severity: line.text('min-severity'),
    format: line.text('format'),
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<typeof fields>;
}

function show(line: Line, webhook: Webhook): number {
  if (line.isJson) printJson(webhook);
  else printFields(webhook);
  return exitCodes.done;
}
