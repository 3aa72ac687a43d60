// The replays of a webhook: how far each has come, and the button that stops it.
import type { Webhook } from '../api/types.ts';
import { count, counted } from '../format/numbers.ts';
import { act } from '../stores/act.ts';
import { cancelReplay, type Replay } from '../stores/replays.ts';
import type { Resource } from '../stores/resource.ts';
import { Time } from './time.tsx';

/** Nothing while there was never one. */
export function ReplayList({ webhook, replays }: { webhook: Webhook; replays: Resource<Replay[]> }) {
  const rows = replays.value ?? [];
  if (rows.length === 0) return null;
  const cancel = async (replay: Replay) => {
    await act(() => cancelReplay(webhook.id, replay.id), 'Stopped. What was queued already still goes out.');
    replays.reload();
  };
  return (
    <section class="block" aria-label="Replays">
      <h2>Replays</h2>
      <ul class="causes replays">
        {rows.map((replay) => (
          <li key={replay.id}>
            <Time at={replay.created_at} />
            <p>
              <strong>{stateWords[replay.state]}</strong> {progressWords(replay)}
            </p>
            {isUnderWay(replay) ? (
              <button type="button" class="button small" onClick={() => void cancel(replay)}>
                Stop
              </button>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Whether it changes by itself. */
export function isUnderWay({ state }: Replay): boolean {
  return state === 'queueing' || state === 'delivering';
}

const stateWords: Record<Replay['state'], string> = {
  queueing: 'Queueing.',
  delivering: 'Delivering.',
  finished: 'Finished.',
  cancelled: 'Stopped.',
};

function progressWords({ total, done, delivered, failed }: Replay): string {
  const wrong = failed > 0 ? `, ${count(failed)} failed` : '';
  return `${count(done)} of ${counted(total, 'delivery', 'deliveries')} done: ${count(delivered)} delivered${wrong}.`;
}
