// Sends past alerts to a webhook again, after showing how many they are.
import { ApiProblem } from '../api/client.ts';
import type { Webhook } from '../api/types.ts';
import { useSignal } from '@preact/signals';
import { counted } from '../format/numbers.ts';
import { act } from '../stores/act.ts';
import { type ReplayAnswer, type ReplayRequest, replayWebhook } from '../stores/webhooks.ts';
import { Dialog } from './dialog.tsx';

const windows = [
  { hours: 1, word: 'the last hour' },
  { hours: 6, word: 'the last 6 hours' },
  { hours: 24, word: 'the last 24 hours' },
  { hours: 168, word: 'the last 7 days' },
];

const kinds = [
  { status: 'failed', word: 'what failed' },
  { status: 'delivered', word: 'what was delivered' },
  { status: '', word: 'everything' },
];

export function ReplayDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const hours = useSignal(24);
  const status = useSignal('failed');
  const preview = useSignal<{ found: number; what: ReplayRequest } | null>(null);
  const problem = useSignal<string | null>(null);
  const look = async () => {
    problem.value = null;
    const since = new Date(Date.now() - hours.value * 3_600_000).toISOString();
    const what: ReplayRequest = {
      since,
      until: new Date().toISOString(),
      ...(status.value ? { status: status.value } : {}),
    };
    try {
      preview.value = { found: countOf(await replayWebhook(webhook.id, { ...what, dry_run: true })), what };
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      problem.value = error.status === 404 ? 'This server cannot replay.' : error.message;
    }
  };
  const replay = async (what: ReplayRequest, found: number) => {
    if (await act(() => replayWebhook(webhook.id, what), `${counted(found, 'delivery', 'deliveries')} queued again.`))
      onClose();
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
            status.value = value;
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
            Send {counted(shown.found, 'delivery', 'deliveries')} again
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

function countOf({ matched, count, replayed }: ReplayAnswer): number {
  return matched ?? count ?? replayed ?? 0;
}

function previewWords(found: number): string {
  if (found === 0) return 'Nothing matches: there is nothing to send again.';
  return `${counted(found, 'delivery', 'deliveries')} would be sent again. The receiver gets the same webhook-id as the first time.`;
}
