// All scenarios, in the order in which they run.
import type { Scenario } from './scenario.ts';
import { scenario as queueOnly } from './scenarios/queue_only.ts';

export const scenarios: Scenario[] = [queueOnly];
