// Counts how often each webhook-id came, in few bytes per id, so that a bench can tell lost from doubled among millions.
const CAPACITY_START = 1 << 16;
const EMPTY = -1;

/**
 * Ids that are a common prefix and a number below 2^53 (such as `msg_123`) cost 20 to 40 bytes each, in two typed arrays that
 * hash openly; any other id costs an entry in a map.
 */
export class IdCounter {
  #prefix: string | null = null;
  #keys = new Float64Array(CAPACITY_START).fill(EMPTY);
  #counts = new Uint32Array(CAPACITY_START);
  #numbered = 0;
  #others = new Map<string, number>();
  total = 0;

  /** How many different ids have come. */
  get unique(): number {
    return this.#numbered + this.#others.size;
  }

  /** Counts one arrival of an id. */
  add(id: string): void {
    this.total++;
    const digitsAt = id.search(/(?:0|[1-9]\d{0,15})$/);
    const isNumbered = digitsAt >= 0 && Number.isSafeInteger(Number(id.slice(digitsAt)));
    const prefix = isNumbered ? id.slice(0, digitsAt) : null;
    if (prefix !== null) this.#prefix ??= prefix;
    if (prefix === null || prefix !== this.#prefix) this.#others.set(id, (this.#others.get(id) ?? 0) + 1);
    else this.#addNumber(Number(id.slice(digitsAt)));
  }

  /** Every id with its count, in no order. */
  *entries(): Generator<[string, number]> {
    for (let i = 0; i < this.#keys.length; i++)
      if (this.#keys[i] !== EMPTY) yield [`${this.#prefix}${this.#keys[i]}`, this.#counts[i] as number];
    yield* this.#others;
  }

  #addNumber(key: number): void {
    if (this.#numbered * 2 >= this.#keys.length) this.#grow();
    const slot = this.#slotOf(key);
    if (this.#keys[slot] === EMPTY) {
      this.#keys[slot] = key;
      this.#numbered++;
    }
    this.#counts[slot] = (this.#counts[slot] as number) + 1;
  }

  #slotOf(key: number): number {
    const mask = this.#keys.length - 1;
    // Both halves of the number are mixed: time-ordered ids differ little in the low bits and not at all in the high ones.
    let slot = (Math.imul(key >>> 0, 0x9e3779b1) ^ Math.imul((key / 0x100000000) >>> 0, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    while (this.#keys[slot] !== EMPTY && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const counts = this.#counts;
    this.#keys = new Float64Array(keys.length * 2).fill(EMPTY);
    this.#counts = new Uint32Array(keys.length * 2);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === EMPTY) continue;
      const slot = this.#slotOf(keys[i] as number);
      this.#keys[slot] = keys[i] as number;
      this.#counts[slot] = counts[i] as number;
    }
  }
}
