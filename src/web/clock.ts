// The page's clock: a signal of the time, so that "2 m ago" stays true without every row having a timer.
import { signal } from '@preact/signals';

/** Milliseconds since 1970, renewed every few seconds while someone looks. */
export const now = signal(Date.now());

const TICK_MS = 5_000;

export function startClock(): void {
  const tick = () => {
    if (!document.hidden) now.value = Date.now();
  };
  setInterval(tick, TICK_MS);
  document.addEventListener('visibilitychange', tick);
}
