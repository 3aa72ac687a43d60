// The figures of the last 15 minutes as the socket brought them: kept for the charts and sparklines, one point per few seconds.
import { signal } from '@preact/signals';
import type { Metrics } from '../api/dashboard_types.ts';
import { onMessages } from './link.ts';

/** One moment's figures. */
export interface Sample extends Metrics {
  atMs: number;
}

const KEPT_MS = 15 * 60_000;
const STEP_MS = 2_000;

/** Oldest first. */
export const samples = signal<readonly Sample[]>([]);

/** The newest figures; null until the first message. */
export const newest = signal<Sample | null>(null);

/** Begins to keep what comes. */
export function keepSamples(): void {
  onMessages('metrics_update', (messages) => {
    const last = messages.at(-1);
    if (!last) return;
    const sample: Sample = { ...last, atMs: Date.parse(last.timestamp) || Date.now() };
    newest.value = sample;
    samples.value = addSample(samples.peek(), sample);
  });
}

/** Appends, at most one per step, and forgets what is older than 15 minutes. */
export function addSample(kept: readonly Sample[], sample: Sample): readonly Sample[] {
  const previous = kept.at(-1);
  if (previous && sample.atMs - previous.atMs < STEP_MS) return kept;
  const oldest = sample.atMs - KEPT_MS;
  return [...kept.filter(({ atMs }) => atMs >= oldest), sample];
}
