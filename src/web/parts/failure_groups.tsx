// What goes wrong with a webhook, grouped by cause: how often, the last example, and what usually helps.
import type { Webhook } from '../api/types.ts';
import { count } from '../format/numbers.ts';
import { href } from '../router.ts';
import { listDeliveries } from '../stores/deliveries.ts';
import { useResource } from '../stores/resource.ts';
import { groupFailures } from '../words/failures.ts';
import { Mark } from './marks.tsx';
import { Time } from './time.tsx';

/** One page of those that were given up, and one of those that wait for another try. */
const LOOKED_AT = 100;

export function FailureGroups({ webhook }: { webhook: Webhook }) {
  const failures = useResource(`failures ${webhook.id}`, (signal) => listTroubled(webhook, signal), {
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

/** Of those that wait, the ones raised up to the last attempt: while a breaker is open the newest have not been tried. */
async function listTroubled({ id, last_used_at }: Webhook, signal: AbortSignal) {
  const until = last_used_at && new Date(Date.parse(last_used_at) + 1).toISOString();
  const [failed, waiting] = await Promise.all([
    listDeliveries({ webhook_id: id, status: 'failed' }, null, signal, LOOKED_AT),
    listDeliveries({ webhook_id: id, status: 'pending', until }, null, signal, LOOKED_AT),
  ]);
  return [...failed.items, ...waiting.items].sort((a, b) => b.id - a.id);
}
