// Says how much a webhook gets at a time and why, how likely it is to fail, and how full the queue of its tenant is.
import type { FailureRisk, Overview } from '../api/dashboard_types.ts';
import type { HealthStatus, Webhook } from '../api/types.ts';
import { count, percent } from '../format/numbers.ts';

/** A figure with its state, and what to do about it where something is to be done. */
export interface Pace {
  name: string;
  state: HealthStatus;
  words: string;
}

/** From here on a failure within the hour is likelier than not. */
const LIKELY = 0.5;
const POSSIBLE = 0.2;

/** "3 of 10: it asked to be called less"; nothing where the API does not tell. */
export function describeSlots({ slots, max_in_flight, slowed_because }: Webhook): Pace[] {
  if (slots === undefined) return [];
  const figures = slots >= max_in_flight ? `all ${count(max_in_flight)}` : `${count(slots)} of ${count(max_in_flight)}`;
  const why = slowed_because ? `: ${slowed_because}. It gets more again step by step.` : '';
  return [{ name: 'At a time', state: slowed_because ? 'degraded' : 'healthy', words: figures + why }];
}

export function describeRisk({ probability, reason }: FailureRisk): Pace {
  const state = probability >= LIKELY ? 'unavailable' : probability >= POSSIBLE ? 'degraded' : 'healthy';
  return { name: 'Risk of failing', state, words: `${chance(probability)} within the hour: ${reason}` };
}

/** Nobody knows it to a hundredth. */
function chance(probability: number): string {
  if (probability < 0.01) return 'less than 1 %';
  return probability > 0.99 ? 'more than 99 %' : `${Math.round(probability * 100)} %`;
}

/** How much of what may wait does; nothing while it is not known. */
export function describeQueueLimit(overview: Overview | undefined): Pace[] {
  if (overview?.queue_limit === undefined) return [];
  const { queue_limit: limit, queue_used_percent: used, queue_limit_state: reached } = overview;
  const name = 'Queue limit';
  if (limit === null) return [{ name, state: 'healthy', words: 'none: any number may wait' }];
  const words = `${percent(used ?? 0)} of the ${count(limit)} that may wait for all webhooks`;
  if (reached === 'reached') return [{ name, state: 'unavailable', words: `${words}: new alerts are refused` }];
  return [{ name, state: reached === 'near' ? 'degraded' : 'healthy', words }];
}
