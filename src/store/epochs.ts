// Counts changes by tag in memory that all processes of a machine share, so that a cache entry knows when it is out of date.
import { hash } from 'bun';
import { EPOCH_SLOTS, openSharedMemory, type SharedMemory } from './shared_memory.ts';

/** What an entry depends on; a tag names a tenant and a noun, as in `1:webhooks`. */
export type Tag = string;

const SLOTS_KNOWN_MAX = 100_000;

/**
 * One counter per tag (tags that share one by chance only cause misses). An entry remembers the sum of its tags' counters;
 * any other sum means that something changed since. Whoever changes a row bumps the tag after the commit and before the
 * answer, so that a client that reads its own write, through whichever process of this machine, never meets the old value.
 */
export class Epochs {
  readonly #counters: Uint32Array;
  readonly #changedAt: Float64Array;
  readonly #slots = new Map<Tag, number>();

  /** @param memory what all processes of the server map; by default the counters are this process's own */
  constructor(memory: Pick<SharedMemory, 'epochs' | 'changedAt'> = openSharedMemory()) {
    this.#counters = memory.epochs;
    this.#changedAt = memory.changedAt;
  }

  sum(tags: readonly Tag[]): number {
    let sum = 0;
    for (const tag of tags) sum += this.#counters[this.#slotOf(tag)] as number;
    return sum;
  }

  bump(tag: Tag): void {
    this.#bumpSlot(this.#slotOf(tag), Date.now());
  }

  /** Everything is out of date: after the connection that announces changes was lost, or on request. */
  bumpAll(): void {
    const now = Date.now();
    for (let slot = 0; slot < EPOCH_SLOTS; slot++) this.#bumpSlot(slot, now);
  }

  /**
   * When something of these tags changed last, in milliseconds since 1970, as far as this machine knows. A copy that was
   * loaded no later than that may be older than the change, wherever it was kept.
   */
  changedAt(tags: readonly Tag[]): number {
    let latest = 0;
    for (const tag of tags) latest = Math.max(latest, this.#changedAt[this.#slotOf(tag)] as number);
    return latest;
  }

  /** The time first: whoever sees the new count sees it too. */
  #bumpSlot(slot: number, now: number): void {
    // A clock that was set back must not make copies from before it look new.
    if (now > (this.#changedAt[slot] as number)) this.#changedAt[slot] = now;
    Atomics.add(this.#counters, slot, 1);
  }

  #slotOf(tag: Tag): number {
    let slot = this.#slots.get(tag);
    if (slot === undefined) {
      slot = hash.crc32(tag) % EPOCH_SLOTS;
      // Tags come from tenants that exist, but a limit is a limit.
      if (this.#slots.size >= SLOTS_KNOWN_MAX) this.#slots.clear();
      this.#slots.set(tag, slot);
    }
    return slot;
  }
}
