// All scenarios, in the order in which they run.
import type { Scenario } from './scenario.ts';
import { scenario as claimFlat } from './scenarios/claim_flat.ts';
import { scenario as endToEnd } from './scenarios/end_to_end.ts';
import { scenario as httpReads } from './scenarios/http_reads.ts';
import { scenario as httpSources } from './scenarios/http_sources.ts';
import { scenario as httpWrites } from './scenarios/http_writes.ts';
import { scenario as isolation } from './scenarios/isolation.ts';
import { scenario as latency } from './scenarios/latency.ts';
import { scenario as queueOnly } from './scenarios/queue_only.ts';
import { scenario as raise } from './scenarios/raise.ts';
import { scenario as scale } from './scenarios/scale.ts';
import { scenario as scaleLog } from './scenarios/scale_log.ts';
import { scenario as sockets } from './scenarios/sockets.ts';
import { scenario as workerLoop } from './scenarios/worker_loop.ts';

export const scenarios: Scenario[] = [
  queueOnly,
  workerLoop,
  raise,
  endToEnd,
  latency,
  isolation,
  scale,
  claimFlat,
  httpReads,
  httpSources,
  httpWrites,
  sockets,
  scaleLog,
];
