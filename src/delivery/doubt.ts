// Remembers that a claim may have been committed without our knowing it, and for how long to look for what it leased.

/** Longer than a claim takes, even one that waits for a lock or a slow disk. */
const DOUBT_MS = 30_000;
const AGAIN_MS = 1_000;

/** The doubt of one worker about its last claim. */
export class Doubt {
  #isOpen = false;
  #until = 0;
  #settledAt = 0;

  /** A claim is sent off. */
  begin(): void {
    this.#isOpen = true;
  }

  /** Its answer is here. */
  end(): void {
    this.#isOpen = false;
  }

  /**
   * True when what we hold no answer about should go back. Where only the connection broke, the server may commit the claim
   * later than we look: we look again for a while.
   */
  mustSettle(): boolean {
    const now = performance.now();
    return this.#isOpen || (now < this.#until && now - this.#settledAt >= AGAIN_MS);
  }

  /** What was leased by then has gone back. */
  settled(): void {
    this.#settledAt = performance.now();
    if (this.#isOpen) this.#until = this.#settledAt + DOUBT_MS;
    this.#isOpen = false;
  }
}
