// `tocsin tail`: follows what a running server sends to its live socket, and goes on where it was after a lost connection.
import type { Channel, ServerMessage } from '../live/messages.ts';
import { severities } from '../store/vocabulary.ts';
import { Client } from './client.ts';
import { exitCodes, type Line } from './command.ts';
import { jsonText, plainText } from './print.ts';

const RETRY_MS = 500;
const RETRY_MS_MAX = 10_000;
/** A server sends a heartbeat every 30 s: one that is silent for so long is gone, whatever the connection says. */
const SILENT_MS_MAX = 75_000;
const SHOWN_MAX = 10_000;
const NAMES_MAX = 1_000;

const channels: readonly Channel[] = ['alerts', 'deliveries', 'webhooks'];
const colours: Record<string, string> = {
  CRITICAL: '31',
  WARNING: '33',
  INFO: '36',
  failed: '31',
  delivered: '32',
  retrying: '33',
};

/**
 * Prints until a signal, or until `--count` lines. Standard output has the lines only; what there is to say beside them goes to
 * standard error.
 * @throws CliError when the server cannot be reached at the start, or does not let us in
 */
export async function runTail(line: Line): Promise<number> {
  const client = new Client();
  // Says in words what a refused upgrade would not.
  await client.get('/alerts?limit=1');
  // `tocsin tail | head` ends here.
  process.stdout.on('error', () => process.exit(exitCodes.done));
  const only = line.text('only') as Channel | undefined;
  const tail = new Tail(client, only === undefined ? channels : [only], makePrinter(line, await readNames(client)));
  for (let failures = 0; !tail.isDone; ) {
    failures = (await tail.follow()) ? 0 : failures + 1;
    if (tail.isDone) break;
    if (failures === 0) console.error('The connection was lost; connecting again.');
    await Bun.sleep(Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** failures));
    // A token that has expired meanwhile ends it.
    if (failures > 0) await client.get('/alerts?limit=1').catch((error) => endIfRefused(error));
  }
  return exitCodes.done;
}

class Tail {
  isDone = false;
  #cursor: string | undefined;
  /** After a reconnect the server sends the last seconds again rather than leave one out. */
  readonly #shown = new Set<number>();

  constructor(
    private readonly client: Client,
    private readonly types: readonly Channel[],
    /** False when it was the last line that was wanted. */
    private readonly print: (message: ServerMessage) => boolean,
  ) {}

  /** One connection; resolves when it is gone, with whether it was ever open. */
  follow(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let isOpen = false;
    const address = `${this.client.url.replace(/^http/, 'ws')}/api/v1/ws/dashboard`;
    const socket = new WebSocket(address, { headers: this.client.headers } as never);
    // `close` would wait for an answer of the other side.
    const giveUp = () => (socket as unknown as { terminate(): void }).terminate();
    let silence = setTimeout(giveUp, SILENT_MS_MAX);
    socket.onopen = () => {
      isOpen = true;
      socket.send(JSON.stringify({ action: 'subscribe', types: this.types }));
      if (this.#cursor !== undefined) socket.send(JSON.stringify({ action: 'resume', cursor: this.#cursor }));
    };
    socket.onmessage = ({ data: text }) => {
      clearTimeout(silence);
      silence = setTimeout(giveUp, SILENT_MS_MAX);
      this.#receive(JSON.parse(String(text)) as ServerMessage);
      if (this.isDone) socket.close();
    };
    socket.onclose = () => {
      clearTimeout(silence);
      resolve(isOpen);
    };
    return promise;
  }

  #receive(message: ServerMessage): void {
    // Where to go on: the first place is where the subscription began, so that an idle tail misses nothing either.
    if (message.type === 'subscription_confirmed') this.#cursor ??= message.cursor;
    else if ('cursor' in message) this.#cursor = message.cursor;
    if (message.type === 'reset') console.error('Too much happened meanwhile to show it all; going on from here.');
    if (this.isDone || (message.type === 'alert_new' && !this.#isNew(message.alert_id))) return;
    this.isDone = !this.print(message);
  }

  #isNew(alertId: number): boolean {
    if (this.#shown.has(alertId)) return false;
    this.#shown.add(alertId);
    const [oldest] = this.#shown;
    if (this.#shown.size > SHOWN_MAX && oldest !== undefined) this.#shown.delete(oldest);
    return true;
  }
}

function endIfRefused(error: { exitCode?: number; message: string }): void {
  if (!/TOCSIN_TOKEN/.test(error.message)) return;
  console.error(error.message);
  process.exit(error.exitCode);
}

/** Of the webhooks there are now, by id; others are shown by their id. */
async function readNames(client: Client): Promise<Map<number, string>> {
  const webhooks = await client.list<{ id: number; name: string }>('/webhooks', {}, NAMES_MAX);
  return new Map(webhooks.map(({ id, name }) => [id, name]));
}

/** What makes lines of messages, as the command line wants them. */
function makePrinter(line: Line, names: Map<number, string>): (message: ServerMessage) => boolean {
  let left = line.count('count') ?? Number.POSITIVE_INFINITY;
  const least = severities.indexOf((line.text('min-severity') ?? 'INFO') as (typeof severities)[number]);
  const type = line.text('type');
  const isWanted = (message: ServerMessage) => {
    if (message.type !== 'alert_new') return true;
    const isSevere = severities.indexOf(message.severity as (typeof severities)[number]) >= least;
    return isSevere && (type === undefined || matches(type, message.alert_type));
  };
  return (message) => {
    const words = wordsOf(message, names);
    if (words === undefined || !isWanted(message)) return true;
    process.stdout.write(`${line.isJson ? jsonText(message) : words}\n`);
    left--;
    return left > 0;
  };
}

/** `order.*` takes `order.paid`, and `*` takes all, as webhooks do. */
function matches(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

/** Undefined for what only the conversation itself needs. */
function wordsOf(message: ServerMessage, names: Map<number, string>): string | undefined {
  const line = (word: string, ...rest: (string | number)[]) =>
    `${message.timestamp.slice(11, 19)}  ${paint(word.padEnd(9))}  ${plainText(rest.join('  '))}`;
  switch (message.type) {
    case 'alert_new':
      return line(message.severity, message.alert_type, message.message, `(alert ${message.alert_id})`);
    case 'delivery_finished': {
      const answer = message.error ?? `${message.status_code} after ${message.response_ms} ms`;
      const attempt = message.attempt > 1 ? `, attempt ${message.attempt}` : '';
      const name = names.get(message.webhook_id) ?? `webhook ${message.webhook_id}`;
      return line(message.status, `${name}${attempt}: ${answer}`, `(alert ${message.alert_id})`);
    }
    case 'webhook_status_changed':
      names.set(message.webhook_id, message.webhook_name);
      return line(message.health_status, message.webhook_name, `(webhook ${message.webhook_id})`);
    default:
      return undefined;
  }
}

function paint(word: string): string {
  const colour = process.stdout.isTTY ? colours[word.trim()] : undefined;
  return colour === undefined ? word : `\x1b[${colour}m${word}\x1b[0m`;
}
