// Random states of lanes for tests of claiming: what each webhook allows, what waits for it, and what a claim asks for.
import fc from 'fast-check';
import type { Queryable } from '../../src/store/sql.ts';

/** Ends a transaction that a test takes back. */
export const closing = new Error('taken back');

/** The first bucket, the last with the last webhook that there can be, several in one, and a good many alone in theirs. */
export const places = [
  64,
  128,
  192,
  63,
  127,
  2_147_483_647,
  5,
  69,
  133,
  197,
  6,
  70,
  ...Array.from({ length: 14 }, (_, n) => 1000 + 3 * n),
];

const laneState = fc.record({
  place: fc.nat(places.length - 1),
  max_in_flight: fc.integer({ min: 1, max: 12 }),
  slots_max: fc.option(fc.constantFrom(1, 2, 5, 20), { freq: 2 }),
  /** Seconds from now; all times lie so far apart that no stalled machine mixes them up. */
  blocked_s: fc.option(fc.constantFrom(-600, 1800, 40), { freq: 2 }),
  is_open: fc.nat(9).map((n) => n > 0),
  special: fc.nat(7).map((n) => (['ordered', 'busy', 'rate', 'fast'] as const)[n]),
  busy: fc.constantFrom(0, 0, 1, 3),
  dues: fc.array(fc.constantFrom(-90_000, -7200, -3600, -1200, 40, 2400), { minLength: 1, maxLength: 6 }),
  urgent: fc.nat(5),
  floor: fc.option(fc.nat(6), { freq: 3 }),
});
export type LaneState = ReturnType<typeof laneState.generate>['value'];

/** How a claim is made; `busy` counts what is in flight by webhook. */
export interface Asked {
  limit: number;
  buckets: number[] | null;
  after: number;
  overdueMs: number;
  walks: boolean;
  busy: Map<number, number>;
}

/** Lanes, and what is asked of them. Often all are plain, as they are in life. */
export const asked = fc
  .record({
    states: fc.uniqueArray(laneState, { selector: ({ place }) => place, maxLength: 20 }),
    isPlain: fc.nat(4).map((n) => n > 1),
    isSmall: fc.boolean(),
    limit: fc.constantFrom(1, 3, 7, 12, 40, 100),
    buckets: fc.option(fc.subarray([...new Set(places.map((id) => id & 63))]), { freq: 2 }),
    after: fc.nat(9).map((n) => (n === 0 ? 69 : 0)),
    overdueMs: fc.nat(9).map((n) => (n === 0 ? 1_800_000 : 0)),
    walks: fc.boolean(),
  })
  .map(({ states, isPlain, isSmall, ...rest }) => {
    const few = isSmall ? states.slice(0, 10) : states;
    const used = isPlain ? few.map((s) => ({ ...s, special: undefined, urgent: 9 })) : few;
    const busy = new Map(used.filter((s) => s.busy > 0).map((s) => [places[s.place] as number, s.busy]));
    return { states: used, ask: { ...rest, busy } as Asked };
  });

export interface Lane {
  id: number;
  tenant: number;
  version: number;
  isSpecial: boolean;
  ordered: boolean;
  floor: number | undefined;
  /** What it may give at most at this claim. */
  may: number;
  rows: Row[];
  /** Those that the claim looks at, in order. */
  fromFloor: Row[];
  state: LaneState;
}
interface Row {
  id: number;
  isDue: boolean;
  isUrgent: boolean;
}

const EPOCH_S = 1_735_689_600;
let drawn = 0;

/** The smallest id of that time, and a number of its own. */
function idAt(seconds: number): number {
  drawn = (drawn + 1) % 8192;
  return Math.floor((Date.now() / 1000 + seconds - EPOCH_S) * 1024) * 8192 + drawn;
}

/** The part of an id that is a time. */
const timeOf = (id: number) => Math.floor(id / 8192);

/** What the states come to for this claim. */
export function lanesIn(states: LaneState[], ask: Asked): Lane[] {
  return states.map((state) => {
    const id = places[state.place] as number;
    const ordered = state.special === 'ordered' || state.special === 'busy';
    const rows = state.dues
      .map((due, n) => ({ id: idAt(due), isDue: due < -ask.overdueMs / 1000, isUrgent: n === state.urgent }))
      .sort((a, b) => a.id - b.id);
    const floor = state.floor === null ? undefined : (rows[state.floor]?.id ?? 0);
    const isLooked = ask.walks || floor !== undefined;
    const isClosed =
      !state.is_open || (state.blocked_s ?? 0) > 0 || state.special === 'busy' || state.special === 'rate';
    const isOwn = ask.buckets === null || ask.buckets.includes(id & 63);
    const isRecent = (state.blocked_s ?? -9999) > -ask.overdueMs / 1000;
    const slots = Math.min(state.slots_max ?? 999, state.max_in_flight) - (ask.busy.get(id) ?? 0);
    return {
      id,
      tenant: (state.place % 2) + 1,
      version: state.place + 7,
      isSpecial: state.special !== undefined,
      ordered,
      floor,
      may: isLooked && !isClosed && isOwn && !isRecent ? Math.max(0, ordered ? Math.min(1, slots) : slots) : 0,
      rows,
      fromFloor: ordered ? rows : rows.filter((row) => timeOf(row.id) >= timeOf(Math.min(floor ?? 0, idAt(-2)))),
      state,
    };
  });
}

/** Makes the queue and webhook_lanes so. */
export async function pileLanes(tx: Queryable, lanes: Lane[]): Promise<void> {
  const rows = lanes.flatMap(({ id, tenant, rows: own }) =>
    own.map((row) => ({ id: row.id, alert_id: idAt(0), webhook_id: id, tenant_id: tenant, is_urgent: row.isUrgent })),
  );
  await tx`
    with piled as (
      insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt, is_urgent)
        select tocsin_internal.id_time(r.id), r.id, r.alert_id, r.webhook_id, r.tenant_id, r.webhook_id & 63, 1, r.is_urgent
          from jsonb_to_recordset(${tx.json(rows)})
                 as r(id bigint, alert_id bigint, webhook_id integer, tenant_id integer, is_urgent boolean)
      returning alert_id, tenant_id, delivery_id)
    insert into tocsin_data.alerts (alert_id, tenant_id, alert_type, severity, message, delivery_count, created_at, payload)
      select p.alert_id, p.tenant_id, 'test', 'INFO', 'm', 1, now(), 'of ' || p.tenant_id || ': ' || p.delivery_id from piled p`;
  const states = lanes.map(({ id, version, ordered, state }) => ({
    ...state,
    id,
    version,
    ordered,
    busy: state.special === 'busy' ? 1 : null,
    rate: state.special === 'rate' ? 0.5 : state.special === 'fast' ? 1000 : null,
  }));
  await tx`
    update tocsin_data.webhook_lanes l
       set is_open = s.is_open, max_in_flight = s.max_in_flight, slots_max = s.slots_max, ordered = s.ordered, version = s.version,
           blocked_until = now() + s.blocked_s * interval '1 s', busy_delivery_id = s.busy, busy_until = now() + s.busy * interval '1 h',
           rate_limit_per_second = s.rate, rate_next_at = case when s.rate = 0.5 then now() + interval '50 s' end
      from jsonb_to_recordset(${tx.json(states as never)}) as s(id integer, is_open boolean, max_in_flight smallint, slots_max smallint,
             ordered boolean, version integer, blocked_s integer, busy integer, rate real)
     where l.webhook_id = s.id`;
}
