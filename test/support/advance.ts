// Waits for something long without judging how fast the machine is: what must not stop is the progress.
import { until } from './wait.ts';

/** A system that does not move for so long does not move any more, however busy the machine. */
const STALL_MS = 15_000;

/** Polls until it is done, and for as long as the state changes: what counts is progress, not the speed of the machine. */
export async function advance(look: () => Promise<{ isDone: boolean; state: string }>): Promise<void> {
  let before: string | undefined;
  for (;;) {
    const { isDone, state } = await until(
      async () => {
        const found = await look();
        return found.isDone || found.state !== before ? found : undefined;
      },
      { timeoutMs: STALL_MS, what: `progress from ${before}` },
    );
    if (isDone) return;
    before = state;
  }
}
