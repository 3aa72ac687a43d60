// Lets a loop sleep until somebody wakes it or its time is over.

/** One sleeper; a wake while it is awake is not kept. */
export class Doze {
  #interrupt: (() => void) | undefined;

  wake(): void {
    this.#interrupt?.();
  }

  /** Resolves with true when it was woken. */
  async sleep(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(resolve, Math.max(1, timeoutMs), false);
    this.#interrupt = () => resolve(true);
    const isWoken = await promise;
    this.#interrupt = undefined;
    clearTimeout(timer);
    return isWoken;
  }
}
