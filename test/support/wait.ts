// Waits for conditions instead of sleeping.

/** Long enough for a machine that does ten other things, and shorter than a test may take, so that it still says what is missing. */
export const PATIENCE_MS = 20_000;

/**
 * Polls until the condition gives something true, and returns it.
 * @param options.timeoutMs how long to try, `PATIENCE_MS` by default · options.what named in the error
 * @throws Error when the time has passed, with the last error that the condition threw
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: { timeoutMs?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const timeoutMs = options.timeoutMs ?? PATIENCE_MS;
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
