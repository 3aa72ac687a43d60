// What goes wrong with a webhook, grouped by cause: how often, the last example, and what usually helps.
import { count } from '../format/numbers.ts';
import { href } from '../router.ts';
import { listDeliveries } from '../stores/deliveries.ts';
import { useResource } from '../stores/resource.ts';
import { groupFailures } from '../words/failures.ts';
import { Mark } from './marks.tsx';
import { Time } from './time.tsx';

/** One page of those that were given up, and one of those that wait for another try. */
const LOOKED_AT = 100;

export function FailureGroups({ webhookId }: { webhookId: number }) {
  const failures = useResource(`failures ${webhookId}`, (signal) => listTroubled(webhookId, signal), {
    everyMs: 15_000,
  });
  const groups = groupFailures(failures.value ?? []);
  if (groups.length === 0) return null;
  return (
    <section class="block" aria-label="Failures by cause">
      <h2>Failures by cause</h2>
      <ul class="causes">
        {groups.map((group) => (
          <li key={group.cause}>
            <span class="how-many">
              <Mark shape="square" tone="unavailable" /> {count(group.count)}
            </span>
            <div>
              <p>
                <strong>{group.title}</strong>{' '}
                <span class="faint">
                  last <Time at={group.last.last_attempt_at ?? group.last.created_at} />
                </span>
              </p>
              <p class="faint">{group.advice}</p>
            </div>
            <a class="button small" href={href(`/deliveries/${group.last.id}`)}>
              Last example
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function listTroubled(webhookId: number, signal: AbortSignal) {
  const [failed, waiting] = await Promise.all(
    ['failed', 'pending'].map((status) => listDeliveries({ webhook_id: webhookId, status }, null, signal, LOOKED_AT)),
  );
  return [...(failed?.items ?? []), ...(waiting?.items ?? [])].sort((a, b) => b.id - a.id);
}
