// What every HTTP bench needs: a database with webhooks and alerts, a load generator, and an orderly end of all that was started.
import { makeWebhooks } from '../fixtures.ts';
import type { BenchDatabase } from '../place.ts';
import type { Bench } from '../scenario.ts';
import { makeAlert } from './alerts.ts';
import { type Loader, type Spell, startLoader } from './contenders.ts';

/** Webhooks of the fixture: as many reads of different answers. */
const WEBHOOKS = 400;

export type Rig = {
  bench: Bench;
  database: BenchDatabase;
  loader: Loader;
  spell: Spell;
  /** Registers what must stop in the end, and gives it back. */
  keep<T extends { stop(): Promise<void> }>(part: T): T;
  /** A path for each webhook; none of them gets anything. */
  webhookPaths: string[];
};

/** Runs `work` with it. */
export async function withRig<T>(bench: Bench, work: (rig: Rig) => Promise<T>): Promise<T> {
  const parts: { stop(): Promise<void> }[] = [];
  const keep: Rig['keep'] = (part) => {
    parts.push(part);
    return part;
  };
  const database = await bench.place.makeDatabase();
  try {
    const { sql } = database;
    await makeWebhooks(sql, { count: WEBHOOKS, fanOut: 1, event: 'bench.other' });
    await sql`
      select count(*) from tocsin.raise_alerts((
        select jsonb_agg(jsonb_build_object('message', 'An order was paid.', 'alert_type', 'bench.read',
                 'context', ${sql.json(makeAlert(0).context)}::jsonb)) from generate_series(1, 100)))`;
    const ids = await sql<{ id: number }[]>`select webhook_id as id from tocsin_data.webhooks order by 1`;
    const webhookPaths = ids.map(({ id }) => `/api/v1/webhooks/${id}`);
    const loader = keep(await startLoader());
    const spell = bench.pick({ ms: 1500, warmMs: 300 }, { ms: 1000, warmMs: 300 }, { ms: 300, warmMs: 200 });
    return await work({ bench, database, loader, spell, keep, webhookPaths });
  } finally {
    for (const part of parts.reverse()) await part.stop();
    await database.drop();
  }
}

/** Connections at which targets are judged; fewer where the machine is shared and the latest answer still counts. */
export function usualConnections(bench: Bench): number {
  return bench.pick(50, 50, 10);
}
