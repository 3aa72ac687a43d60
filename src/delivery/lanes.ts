// Remembers which webhooks have deliveries waiting and up to where each was claimed, so that a claim need not look for them.
import type { ClaimArguments, ClaimRow, Delivery } from './batch.ts';

/** The part of a claim's arguments that says which lanes it looks at, and from where. */
export type LaneArguments = Pick<
  ClaimArguments,
  'p_after_webhook_id' | 'p_buckets' | 'p_overdue_ms' | 'p_floor_webhook_ids' | 'p_floor_delivery_ids' | 'p_walks'
>;

/** Lanes whose floors are kept; the one that was claimed longest ago is forgotten first. */
const FLOORS_MAX = 1000;
/** How often a claim walks over all lanes although enough are known: nobody else finds what is new. */
const WALK_MS = 50;
/** A walk that costs more than a claim itself comes less often, and begins at the floors. */
const DEAR_MS = 5;
/** Of the time at most a tenth goes into looking for lanes. */
const WALK_SHARE = 10;
/** A claim from fewer lanes that are known would leave too much to too few. */
const LANES_MIN = 12;
/** What others own is taken when it has waited this long: its owner is dead, or drowning. */
const OVERDUE_MS = 2_000;
const SWEEP_MS = 1_000;

type Floors = Pick<LaneArguments, 'p_floor_webhook_ids' | 'p_floor_delivery_ids'>;

/**
 * What one worker knows of the lanes that it claims from. A floor is the last delivery claimed. What waits below it, because its
 * transaction took long or because it was put back, is found by a sweep, a walk without floors, and takes the floor with it.
 */
export class Lanes {
  /** By webhook, in the order in which they were claimed. */
  readonly #floors = new Map<number, number>();
  /** Those that gave several deliveries when they were last looked at, in turn. */
  readonly #full = new Set<number>();
  #mustWalk = true;
  #after = 0;
  #walkedAt = Number.NEGATIVE_INFINITY;
  #walkMs = 0;
  #sweepAfter = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #sweepMs = 0;

  /** @param now Milliseconds of a clock that only moves on. */
  constructor(readonly now: () => number = () => performance.now()) {}

  /** Whether it is time to look for what is overdue, whoever owns it and whatever the floors say. */
  isSweepDue(): boolean {
    return this.now() - this.#sweptAt >= Math.max(SWEEP_MS, WALK_SHARE * this.#sweepMs);
  }

  /** Where to look for what is overdue: goes on where the last sweep ended, lest the first lanes be all that it serves. */
  sweep(): LaneArguments {
    this.#sweptAt = this.now();
    return { p_after_webhook_id: this.#sweepAfter, p_buckets: null, p_overdue_ms: OVERDUE_MS };
  }

  /** Where the next claim looks, of what is in `buckets` (null: all). */
  next(limit: number, buckets: number[] | null): LaneArguments {
    const isWalkDue = this.now() - this.#walkedAt >= Math.max(WALK_MS, WALK_SHARE * this.#walkMs);
    const known = this.#mustWalk || isWalkDue ? undefined : this.#known(limit, buckets);
    const floors = known ?? this.#floorsOf(this.#areWalksDear() ? [...this.#floors.keys()] : [], buckets);
    return {
      p_after_webhook_id: this.#after,
      p_buckets: buckets,
      p_overdue_ms: 0,
      ...floors,
      p_walks: known === undefined,
    };
  }

  /** Takes note of what a claim with these arguments gave; true when it looked at all lanes and left nothing that could be had. */
  claimed(claim: LaneArguments & { p_limit: number }, row: ClaimRow, deliveries: readonly Delivery[]): boolean {
    const isSweep = claim.p_overdue_ms > 0;
    const isWalk = !isSweep && claim.p_walks !== false;
    if (isSweep) {
      this.#sweepMs = (row.walk_us ?? 0) / 1000;
      this.#sweepAfter = row.next_after_webhook_id;
    } else {
      if (isWalk) this.#noteWalk(row);
      else for (const id of claim.p_floor_webhook_ids ?? []) this.#full.delete(id);
      this.#mustWalk = deliveries.length <= claim.p_limit >> 1;
    }
    const { most, lanes } = this.#noteFloors(deliveries);
    // A claim goes on to more lanes while half of what it wants is missing, and of that each gets an even share at least.
    const isLeft = deliveries.length > claim.p_limit >> 1 || most >= Math.floor(claim.p_limit / 2 / lanes);
    return isWalk && claim.p_after_webhook_id === 0 && (deliveries.length === 0 || !isLeft);
  }

  /** Forgets everything: something was put back, and may lie below the floors. */
  clear(): void {
    this.#floors.clear();
    this.#full.clear();
  }

  #noteWalk(row: ClaimRow): void {
    this.#walkMs = (row.walk_us ?? 0) / 1000;
    this.#walkedAt = this.now();
    this.#after = row.next_after_webhook_id;
  }

  /** How many lanes gave something, and the most that one gave. */
  #noteFloors(deliveries: readonly Delivery[]): { lanes: number; most: number } {
    const last = new Map<number, number>();
    const counts = new Map<number, number>();
    let most = 0;
    for (const { webhookId, deliveryId, attempt } of deliveries) {
      const count = (counts.get(webhookId) ?? 0) + 1;
      counts.set(webhookId, count);
      most = Math.max(most, count);
      // What gave one is likely to be empty now: a claim of such lanes alone finds nothing, and keeps the others waiting.
      if (count > 1) this.#full.add(webhookId);
      // A later attempt became due at another time than its id tells.
      if (attempt === 1) last.set(webhookId, Math.max(last.get(webhookId) ?? 0, deliveryId));
    }
    for (const [id, deliveryId] of last) {
      this.#floors.delete(id);
      this.#floors.set(id, deliveryId);
    }
    while (this.#floors.size > FLOORS_MAX) this.#floors.delete(this.#floors.keys().next().value as number);
    return { lanes: counts.size, most };
  }

  #areWalksDear(): boolean {
    return Math.max(this.#sweepMs, this.#walkMs) >= DEAR_MS;
  }

  /** The next lanes in turn, an eighth as many as deliveries are wanted, at best; undefined when far fewer are known. */
  #known(limit: number, buckets: readonly number[] | null): Floors | undefined {
    const count = Math.max(limit >> 3, LANES_MIN);
    const ids: number[] = [];
    for (const id of this.#full) {
      if (ids.length === count) break;
      if (owns(buckets, id)) ids.push(id);
      else this.#full.delete(id);
    }
    return ids.length < Math.max(limit >> 5, LANES_MIN) ? undefined : this.#floorsOf(ids, buckets);
  }

  #floorsOf(ids: number[], buckets: readonly number[] | null): Floors {
    const inOrder = ids.filter((id) => owns(buckets, id)).sort((a, b) => (a & 63) - (b & 63) || a - b);
    return { p_floor_webhook_ids: inOrder, p_floor_delivery_ids: inOrder.map((id) => this.#floors.get(id) ?? 0) };
  }
}

function owns(buckets: readonly number[] | null, webhookId: number): boolean {
  return buckets === null || buckets.includes(webhookId & 63);
}
