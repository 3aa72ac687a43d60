// Sends past alerts to a webhook again, after showing how many they are.
import { ApiProblem } from '../api/client.ts';
import type { Webhook } from '../api/types.ts';
import { useSignal } from '@preact/signals';
import { counted } from '../format/numbers.ts';
import { act } from '../stores/act.ts';
import { countReplay, type ReplayRequest, replayWebhook } from '../stores/replays.ts';
import { Dialog } from './dialog.tsx';

const windows = [
  { hours: 1, word: 'the last hour' },
  { hours: 6, word: 'the last 6 hours' },
  { hours: 24, word: 'the last 24 hours' },
  { hours: 168, word: 'the last 7 days' },
];

const kinds: readonly { status: ReplayRequest['status']; word: string }[] = [
  { status: 'failed', word: 'what failed' },
  { status: 'delivered', word: 'what was delivered' },
  { status: 'all', word: 'everything' },
];

interface ReplayDialogProps {
  webhook: Webhook;
  onStarted: () => void;
  onClose: () => void;
}

export function ReplayDialog({ webhook, onStarted, onClose }: ReplayDialogProps) {
  const hours = useSignal(24);
  const status = useSignal<ReplayRequest['status']>('failed');
  const preview = useSignal<{ found: number; what: ReplayRequest } | null>(null);
  const problem = useSignal<string | null>(null);
  const look = async () => {
    problem.value = null;
    const now = Date.now();
    const since = new Date(now - hours.value * 3_600_000).toISOString();
    const what = { since, until: new Date(now).toISOString(), status: status.value };
    try {
      preview.value = { found: await countReplay(webhook.id, what), what };
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      problem.value = error.message;
    }
  };
  const replay = async (what: ReplayRequest, found: number) => {
    const done = `${foundWords(found)} ${found === 1 ? 'goes' : 'go'} out again.`;
    if (await act(() => replayWebhook(webhook.id, what), done)) onStarted();
  };
  const shown = preview.value;
  return (
    <Dialog title={`Replay to ${webhook.name}`} onClose={onClose}>
      <div class="row-fields">
        <Pick
          label="Send again"
          value={status.value}
          options={kinds.map(({ status: value, word }) => ({ value, word }))}
          onPick={(value) => {
            status.value = value as ReplayRequest['status'];
            preview.value = null;
          }}
        />
        <Pick
          label="of"
          value={String(hours.value)}
          options={windows.map(({ hours: value, word }) => ({ value: String(value), word }))}
          onPick={(value) => {
            hours.value = Number(value);
            preview.value = null;
          }}
        />
      </div>
      {problem.value ? <p role="alert">{problem.value}</p> : null}
      {shown ? <p role="status">{previewWords(shown.found)}</p> : <p class="faint">Look first how many they are.</p>}
      <footer>
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        {shown && shown.found > 0 ? (
          <button type="button" class="button primary" onClick={() => void replay(shown.what, shown.found)}>
            Send {foundWords(shown.found)} again
          </button>
        ) : (
          <button type="button" class="button primary" onClick={() => void look()}>
            Preview
          </button>
        )}
      </footer>
    </Dialog>
  );
}

function Pick(props: {
  label: string;
  value: string;
  options: { value: string; word: string }[];
  onPick: (value: string) => void;
}) {
  return (
    <label>
      {props.label}
      <select value={props.value} onChange={(event) => props.onPick(event.currentTarget.value)}>
        {props.options.map(({ value, word }) => (
          <option key={value} value={value} selected={value === props.value}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The server counts no further. */
const COUNTED_MAX = 100_000;

function foundWords(found: number): string {
  return `${found >= COUNTED_MAX ? 'at least ' : ''}${counted(found, 'delivery', 'deliveries')}`;
}

function previewWords(found: number): string {
  if (found === 0) return 'Nothing matches: there is nothing to send again.';
  return `${foundWords(found)} would be sent again. What waits already is left alone.`;
}
