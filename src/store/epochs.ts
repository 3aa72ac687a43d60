// Counts changes by tag in memory that all processes of a machine share, so that a cache entry knows when it is out of date.
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { hash } from 'bun';

/** What an entry depends on; a tag names a tenant and a noun, as in `1:webhooks`. */
export type Tag = string;

const SLOT_COUNT = 65_536;

/**
 * One counter per tag (tags that share one by chance only cause misses). An entry remembers the sum of its tags' counters;
 * any other sum means that something changed since. Whoever changes a row bumps the tag after the commit and before the
 * answer, so that a client that reads its own write, through whichever process of this machine, never meets the old value.
 */
export class Epochs {
  readonly #counters: Uint32Array;
  readonly #slots = new Map<Tag, number>();

  /** @param path a file that all processes of the server map; without one the counters are this process's own */
  constructor(path?: string) {
    this.#counters = path === undefined ? new Uint32Array(SLOT_COUNT) : mapFile(path);
  }

  sum(tags: readonly Tag[]): number {
    let sum = 0;
    for (const tag of tags) sum += this.#counters[this.#slotOf(tag)] as number;
    return sum;
  }

  bump(tag: Tag): void {
    Atomics.add(this.#counters, this.#slotOf(tag), 1);
  }

  /** Everything is out of date: after the connection that announces changes was lost, or on request. */
  bumpAll(): void {
    for (let slot = 0; slot < SLOT_COUNT; slot++) Atomics.add(this.#counters, slot, 1);
  }

  #slotOf(tag: Tag): number {
    let slot = this.#slots.get(tag);
    if (slot === undefined) {
      slot = hash.crc32(tag) % SLOT_COUNT;
      // Tags come from tenants that exist, but a limit is a limit.
      if (this.#slots.size > 100_000) this.#slots.clear();
      this.#slots.set(tag, slot);
    }
    return slot;
  }
}

/** Values left by an earlier run do no harm: only changes count. */
function mapFile(path: string): Uint32Array {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a+', 0o600);
  ftruncateSync(file, SLOT_COUNT * Uint32Array.BYTES_PER_ELEMENT);
  closeSync(file);
  return new Uint32Array(Bun.mmap(path, { shared: true }).buffer);
}
