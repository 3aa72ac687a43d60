// All scenarios, in the order in which they run.
import type { Scenario } from './scenario.ts';
import { scenario as endToEnd } from './scenarios/end_to_end.ts';
import { scenario as latency } from './scenarios/latency.ts';
import { scenario as queueOnly } from './scenarios/queue_only.ts';
import { scenario as raise } from './scenarios/raise.ts';

export const scenarios: Scenario[] = [queueOnly, raise, endToEnd, latency];
