// A new signing secret, shown this once, and the rotation that makes one.
import type { Webhook } from '../api/types.ts';
import { useSignal } from '@preact/signals';
import { act } from '../stores/act.ts';
import { rotateSecret } from '../stores/webhooks.ts';
import { Code } from './code.tsx';
import { Dialog } from './dialog.tsx';

export function SecretOnce({ secret }: { secret: string }) {
  return (
    <div class="secret">
      <p>
        <strong>Copy the secret now: it is shown this once.</strong> The receiver checks with it that a message is
        really from Tocsin, as Standard Webhooks describes.
      </p>
      <Code text={secret} label="Signing secret" />
    </div>
  );
}

const overlaps = [
  { seconds: 0, word: 'end at once' },
  { seconds: 3_600, word: 'stay valid for an hour' },
  { seconds: 86_400, word: 'stay valid for a day' },
  { seconds: 604_800, word: 'stay valid for a week' },
];

export function RotateDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const secret = useSignal<string | null>(null);
  const overlapSeconds = useSignal(86_400);
  const rotate = () =>
    act(async () => {
      secret.value = (await rotateSecret(webhook.id, overlapSeconds.value)).secret;
    }, null);
  if (secret.value) {
    return (
      <Dialog title="The new secret" onClose={onClose}>
        <SecretOnce secret={secret.value} />
      </Dialog>
    );
  }
  return (
    <Dialog title={`Rotate the secret of ${webhook.name}`} onClose={onClose}>
      <p>Messages are signed with both secrets while the old one is valid, so nothing is refused meanwhile.</p>
      <label>
        The old secret shall
        <select
          value={overlapSeconds.value}
          onChange={(event) => (overlapSeconds.value = Number(event.currentTarget.value))}
        >
          {overlaps.map(({ seconds, word }) => (
            <option key={seconds} value={seconds} selected={seconds === overlapSeconds.value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <footer>
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button primary" onClick={() => void rotate()}>
          Make a new secret
        </button>
      </footer>
    </Dialog>
  );
}
