// Sends clients elsewhere before the server of this process stops, so that none meets a closed door.
import { Elysia } from 'elysia';

/** So long without a request means that they have gone. */
const QUIET_MS = 100;

/**
 * For a server that is one of several on a port. While it drains, each answer asks its client to connect again, which leads
 * most of them to the others; and no idle connection is closed into which a request may be on its way.
 */
export class Drain {
  #isDraining = false;
  #requests = 0;

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** For all routes that are registered after it. */
  get plugin() {
    return new Elysia({ name: 'drain' }).onRequest(({ set }) => {
      if (!this.#isDraining) return;
      this.#requests++;
      set.headers.connection = 'close';
    });
  }

  /** Begins, and resolves when nobody has come for a moment, or after `msMax`: those who never stop coming must not keep it open. */
  async run(msMax: number): Promise<void> {
    this.#isDraining = true;
    const deadline = performance.now() + msMax;
    for (let before = -1; before !== this.#requests && performance.now() < deadline; ) {
      before = this.#requests;
      await Bun.sleep(QUIET_MS);
    }
  }
}
