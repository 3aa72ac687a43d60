// What a webhook is given at this moment: its share at a time, the risk that it fails, and the room that its tenant's queue has.
import type { Webhook } from '../api/types.ts';
import { getOverview } from '../stores/figures.ts';
import { useResource } from '../stores/resource.ts';
import { getFailureRisk } from '../stores/webhooks.ts';
import { describeQueueLimit, describeRisk, describeSlots, type Pace } from '../words/pace.ts';
import { HealthShape } from './marks.tsx';

const REFRESH_MS = 30_000;

export function PaceBlock({ webhook }: { webhook: Webhook }) {
  const risk = useResource(`risk ${webhook.id}`, (signal) => getFailureRisk(webhook.id, signal), {
    everyMs: REFRESH_MS,
  });
  const overview = useResource('limit', getOverview, { everyMs: REFRESH_MS });
  const lines: Pace[] = [
    ...describeSlots(webhook),
    ...(risk.value ? [describeRisk(risk.value)] : []),
    ...describeQueueLimit(overview.value),
  ];
  return (
    <section class="block" aria-label="Pace">
      <h2>Pace</h2>
      <dl class="pairs">
        {lines.map(({ name, state, words }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="pace">
              <HealthShape status={state} />
              <span>{words}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
