// Waits for conditions instead of sleeping.

/**
 * Polls until the condition gives something true, and returns it.
 * @param options.timeoutMs how long to try, 10 seconds by default · options.what named in the error
 * @throws Error when the time has passed, with the last error that the condition threw
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: { timeoutMs?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Not within ${timeoutMs} ms: ${options.what ?? condition.toString().slice(0, 200)}`, { cause });
    }
    await Bun.sleep(5);
  }
}
