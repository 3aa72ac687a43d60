// Random schedules of faults under a stream of alerts, each from a seed of its own, so that what one of them found can be repeated.
import { makeDice } from './dice.ts';
import { listOpen } from './invariants.ts';
import type { World } from './fault_world.ts';
import { type Dice, faultsOf } from './faults.ts';
import { advance } from './advance.ts';

export type ScheduleOptions = {
  seed: number;
  faults: number;
  /** Lets what is long last as long as it does in life: 30 seconds for a pause. */
  isLong: boolean;
  say(line: string): void;
};

/** What one schedule did. */
export type Ran = { faults: string[]; acknowledged: number; refused: number; duplicatesMax: number };

const SEVERITIES = ['INFO', 'WARNING', 'CRITICAL'];

/** Breaks and mends, one fault after the other and sometimes two at once, while alerts are raised by SQL and by REST. */
export async function runSchedule(world: World, options: ScheduleOptions): Promise<Ran> {
  const dice = makeDice(options.seed);
  const known = faultsOf(world);
  const stream = startStream(world, makeDice(options.seed ^ 0x5bd1e995));
  const ran: Ran = { faults: [], acknowledged: 0, refused: 0, duplicatesMax: 0 };
  for (let i = 0; i < options.faults; i++) {
    await Bun.sleep(dice.random() * 300);
    const fault = known[Math.floor(dice.random() * known.length)] as (typeof known)[number];
    const isLong = options.isLong && dice.random() < 0.25;
    ran.faults.push(fault.name);
    options.say(`  ${fault.name}${isLong ? ', long' : ''}`);
    ran.duplicatesMax += await fault.strike(world, dice, isLong);
  }
  Object.assign(ran, await stream.stop());
  return ran;
}

function startStream({ rig, apiUrl }: World, dice: Dice) {
  let isStopped = false;
  const counts = { acknowledged: 0, refused: 0 };
  const raise = async () => {
    while (!isStopped) {
      const alerts = Array.from({ length: 1 + Math.floor(dice.random() * 4) }, () => ({
        alert_type: 'fault.test',
        message: 'm',
        severity: SEVERITIES[Math.floor(dice.random() * 3)] as string,
      }));
      await (dice.random() < 0.5 ? rig.raiseList(alerts) : rig.raiseList(alerts, (list) => post(apiUrl(), list))).then(
        () => (counts.acknowledged += alerts.length),
        () => (counts.refused += alerts.length),
      );
      await Bun.sleep(20 + dice.random() * 60);
    }
  };
  const raising = Promise.all([raise(), raise()]);
  return {
    async stop() {
      isStopped = true;
      await raising;
      return counts;
    },
  };
}

async function post(apiUrl: string, alerts: unknown[]): Promise<number[]> {
  const answer = await fetch(`${apiUrl}/api/v1/alerts/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts),
    signal: AbortSignal.timeout(5_000),
  });
  if (answer.status !== 201) throw new Error(`POST /alerts/batch answered ${answer.status}`);
  return ((await answer.json()) as { alert_ids: number[] }).alert_ids;
}

/** Does what an operator would, and waits until nothing is under way: webhooks whose breaker is open are enabled again. */
export async function mend({ sql, rig }: World): Promise<void> {
  await advance(async () => {
    const unwell = await sql<{ webhook_id: number }[]>`
      select webhook_id from tocsin_data.webhook_health_metrics where breaker_state = 'open' or blocked_until > now()`;
    for (const { webhook_id } of unwell)
      await rig.api.webhooks.enable_webhook({ p_tenant_id: 1, p_webhook_id: webhook_id });
    await sql`update tocsin_data.alert_delivery_retries set due_at = now() where due_at > now()`;
    const open = await listOpen(sql);
    return { isDone: Object.values(open).every((count) => count === 0), state: JSON.stringify(open) };
  });
}

/** Adds to an error what the programs said last. */
export function withLastWords(cause: unknown, { members }: World): Error {
  const said = members.map(({ name, child }) => {
    const lines = child.output().trimEnd().split('\n').slice(-5);
    return [`${name}:`, ...lines.map((line) => line.slice(0, 600))].join('\n  ');
  });
  return new Error(`${(cause as Error).message}\n${said.join('\n')}`, { cause });
}
