// All scenarios, in the order in which they run.
import type { Scenario } from './scenario.ts';
import { scenario as endToEnd } from './scenarios/end_to_end.ts';
import { scenario as httpReads } from './scenarios/http_reads.ts';
import { scenario as httpSources } from './scenarios/http_sources.ts';
import { scenario as httpWrites } from './scenarios/http_writes.ts';
import { scenario as latency } from './scenarios/latency.ts';
import { scenario as queueOnly } from './scenarios/queue_only.ts';
import { scenario as raise } from './scenarios/raise.ts';

export const scenarios: Scenario[] = [queueOnly, raise, endToEnd, latency, httpReads, httpSources, httpWrites];
