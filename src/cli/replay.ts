// `tocsin replay`: has a running server send again what was raised, and follows how far it has come.
import { Client } from './client.ts';
import { CliError, exitCodes, type Line } from './command.ts';
import { readInstant } from './duration.ts';
import { makeProgressBar, plainText, printJson } from './print.ts';
import { findWebhook } from './webhooks.ts';

type Begun = { matched: number; replay_id?: number };
type Replay = {
  id: number;
  state: 'queueing' | 'delivering' | 'finished' | 'cancelled';
  total: number;
  done: number;
  delivered: number;
  failed: number;
};

const LOOK_MS = 500;
/** As far as the API counts. */
const MATCHED_MAX = 100_000;

/** Interrupted, it only stops looking: the replay goes on in the server. */
export async function runReplay(line: Line): Promise<number> {
  const client = new Client();
  const isDryRun = line.has('dry-run');
  const webhook = await findWebhook(client, line.operands[0] as string);
  const { id } = webhook;
  const name = plainText(webhook.name);
  const begun = await client.post<Begun>(`/webhooks/${id}/replay`, {
    since: readInstant(line.text('since'), '--since'),
    until: readInstant(line.text('until'), '--until'),
    status: line.text('status'),
    alert_types: line.has('type') ? line.list('type') : undefined,
    limit: line.count('limit'),
    per_second: line.count('per-second'),
    dry_run: isDryRun,
  });
  const { matched, replay_id } = begun;
  const many = `${matched >= MATCHED_MAX ? `${matched} or more` : matched} ${matched === 1 ? 'delivery' : 'deliveries'}`;
  if (isDryRun || line.has('no-wait') || replay_id === undefined) {
    if (line.isJson) printJson(begun);
    else console.log(isDryRun ? `${many} to ${name} would be sent again.` : `Replay ${replay_id} sends ${many} again.`);
    return exitCodes.done;
  }
  if (!line.isJson) console.error(`Replay ${replay_id} sends ${many} to ${name} again; Ctrl-C leaves it running.`);
  const replay = await follow(client, `/webhooks/${id}/replays/${replay_id}`);
  if (line.isJson) printJson(replay);
  else console.log(`${replay.delivered} delivered, ${replay.failed} failed.`);
  if (replay.state === 'cancelled') throw new CliError('It was cancelled.');
  return replay.failed > 0 ? exitCodes.failed : exitCodes.done;
}

async function follow(client: Client, path: string): Promise<Replay> {
  const bar = makeProgressBar();
  for (;;) {
    const replay = await client.get<Replay>(path);
    bar.draw(replay.done, replay.total, `${replay.done} of ${replay.total}, ${replay.failed} failed`);
    if (replay.state === 'finished' || replay.state === 'cancelled') {
      bar.end();
      return replay;
    }
    await Bun.sleep(LOOK_MS);
  }
}
