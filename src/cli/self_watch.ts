// Lets Tocsin watch itself: one process of each server looks at what all of them count, and raises alerts about it.
import { hostname } from 'node:os';
import { repeat } from '../delivery/repeat.ts';
import { makeApi } from '../store/api.ts';
import { CallPool } from '../store/call_pool.ts';
import { counters } from '../store/meter_specs.ts';
import type { Meters } from '../store/meters.ts';
import type { Scoreboard } from '../store/scoreboard.ts';
import type { Database, Program } from './program.ts';
import { type Condition, conditions, judge, type Reading, type Standing } from './watch_conditions.ts';
import { WatchWindow } from './watch_window.ts';

/** What a look calls: SQL functions of the same names. */
export type WatchCalls = {
  watch_system(args: { p_scope: string }): Promise<{
    is_leader: boolean;
    conditions: string[];
    system_conditions: string[];
    workers: number;
    oldest_due_seconds: number;
    tenants_near_queue_limit: number;
  }>;
  report_condition(args: {
    p_scope: string;
    p_alert_type: string;
    p_is_firing: boolean;
    p_severity: string;
    p_message: string;
    p_context: Record<string, unknown>;
  }): Promise<number | null>;
};

export type SelfWatchOptions = {
  calls: WatchCalls;
  /** The name of this server. */
  scope: string;
  meters: Meters;
  /** Of the caches; without one there are none. */
  board?: Pick<Scoreboard, 'sum'> | undefined;
};

/** What is wrong with the whole, not with one server. */
const SYSTEM = 'system';

/** See `look`. */
export class SelfWatch {
  readonly #o: SelfWatchOptions;
  readonly #window: WatchWindow;
  /** By type. Empty until it is known what was entered before this process began, or began to lead. */
  readonly #standings = { server: new Map<string, Standing>(), system: new Map<string, Standing>() };

  constructor(options: SelfWatchOptions) {
    this.#o = options;
    this.#window = new WatchWindow(options.meters, options.board);
  }

  /**
   * Takes one look, and reports what has changed. Rejects while the database is away, and when a report is refused; then nothing is
   * forgotten, and the other conditions are judged all the same.
   */
  async look(): Promise<void> {
    const { calls, scope } = this.#o;
    const now = await calls.watch_system({ p_scope: scope });
    const reading = this.#window.look(now);
    const { server, system } = this.#standings;
    begin(server, 'server', now.conditions);
    if (!now.is_leader) system.clear();
    else begin(system, 'system', now.system_conditions);
    const failures: unknown[] = [];
    for (const condition of conditions) {
      const standing = this.#standings[condition.scope].get(condition.type);
      if (standing === undefined) continue;
      await this.#judge(condition, reading, standing).catch((error) => void failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #judge(condition: Condition, reading: Reading, before: Standing): Promise<void> {
    const { calls, scope, meters } = this.#o;
    const { change, ...standing } = judge(condition, reading, before);
    if (change !== undefined) {
      const isFiring = change === 'entered';
      const value = condition.value(reading) ?? null;
      const alertId = await calls.report_condition({
        p_scope: condition.scope === 'system' ? SYSTEM : scope,
        p_alert_type: condition.type,
        p_is_firing: isFiring,
        p_severity: condition.severity,
        p_message: messageOf(condition, isFiring, value, scope),
        p_context: { value, limit: condition.limit, runbook: `docs/OPERATIONS.md#${condition.type.replace('.', '_')}` },
      });
      if (alertId !== null) meters.add(counters.watched, isFiring ? 0 : 1);
    }
    // Only now: what could not be reported is reported at the next look.
    this.#standings[condition.scope].set(condition.type, standing);
  }
}

/** Starts it, unless it is switched off; it stops with the program. */
export function startSelfWatch(
  { config, log, shutdown }: Program,
  { url }: Database,
  given: Pick<SelfWatchOptions, 'meters' | 'board'> & { name: string },
): void {
  if (config.selfWatchSeconds === 0) return;
  // One connection of its own: the lock of whoever leads belongs to it.
  const pool = new CallPool(url, 1, { applicationName: 'tocsin self-watch' });
  shutdown.add('self-watch connection', () => pool.end({ timeout: 5 }));
  const { system: calls } = makeApi(pool, { deadlineMs: 10_000 });
  const watch = new SelfWatch({ calls, scope: `${hostname()} ${given.name}`, ...given });
  const looking = repeat('watch_system', config.selfWatchSeconds * 1000, log, () => watch.look());
  shutdown.add('self-watch', () => looking.stop());
}

/** What was entered before goes on; what is entered may be left. */
function begin(standings: Map<string, Standing>, scope: Condition['scope'], firing: readonly string[]): void {
  if (standings.size > 0) return;
  for (const condition of conditions) {
    if (condition.scope === scope)
      standings.set(condition.type, { isFiring: firing.includes(condition.type), streak: 0 });
  }
}

function messageOf(condition: Condition, isFiring: boolean, value: number | null, scope: string): string {
  const where = condition.scope === 'system' ? '' : ` (${scope})`;
  if (isFiring) return `${condition.words(value ?? 0)}${where}.`;
  const now = value === null ? 'too little happens to say more' : `now ${Math.round(value * 1000) / 1000}`;
  return `${condition.type} is over${where}: ${now}, limit ${condition.limit}.`;
}
