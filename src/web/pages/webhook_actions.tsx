// What can be done with a webhook: test, pause, resume, edit, replay, rotate its secret, delete.
import type { TestAnswer, Webhook } from '../api/types.ts';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useKeys } from '../keyboard.ts';
import { Confirm } from '../parts/dialog.tsx';
import { ReplayDialog } from '../parts/replay_dialog.tsx';
import { isUnderWay, ReplayList } from '../parts/replay_list.tsx';
import { RotateDialog } from '../parts/secret.tsx';
import { TestAnswerView } from '../parts/test_answer.tsx';
import { go, href } from '../router.ts';
import { act } from '../stores/act.ts';
import { listReplays } from '../stores/replays.ts';
import { useResource } from '../stores/resource.ts';
import { deleteWebhook, enableWebhook, testWebhook, updateWebhook } from '../stores/webhooks.ts';

type Open = 'replay' | 'rotate' | 'delete' | null;

export function WebhookActions({ webhook, onChange }: { webhook: Webhook; onChange: () => void }) {
  const open = useSignal<Open>(null);
  const answer = useSignal<TestAnswer | null>(null);
  const isTesting = useSignal(false);
  const replays = useReplays(webhook.id);
  const test = async () => {
    isTesting.value = true;
    await act(async () => {
      answer.value = await testWebhook(webhook.id);
    }, null);
    isTesting.value = false;
  };
  useKeys({ t: () => void test() });
  const close = () => {
    open.value = null;
  };
  return (
    <>
      <div class="actions bar">
        <button type="button" class="button primary" disabled={isTesting.value} aria-keyshortcuts="t" onClick={test}>
          {isTesting.value ? 'Testing' : 'Test now'}
        </button>
        <PauseButton webhook={webhook} onChange={onChange} />
        <a class="button" href={href(`/webhooks/${webhook.id}/edit`)}>
          Edit
        </a>
        <button type="button" class="button" onClick={() => (open.value = 'replay')}>
          Replay
        </button>
        <button type="button" class="button" onClick={() => (open.value = 'rotate')}>
          Rotate secret
        </button>
        <button type="button" class="button danger" onClick={() => (open.value = 'delete')}>
          Delete
        </button>
      </div>
      {answer.value ? <TestAnswerView answer={answer.value} onClose={() => (answer.value = null)} /> : null}
      {open.value === 'replay' ? (
        <ReplayDialog
          webhook={webhook}
          onClose={close}
          onStarted={() => {
            close();
            replays.reload();
          }}
        />
      ) : null}
      <ReplayList webhook={webhook} replays={replays} />
      {open.value === 'rotate' ? <RotateDialog webhook={webhook} onClose={close} /> : null}
      {open.value === 'delete' ? <DeleteDialog webhook={webhook} onClose={close} /> : null}
    </>
  );
}

/** Followed closely while one is under way. */
function useReplays(webhookId: number) {
  const isFollowed = useSignal(false);
  const replays = useResource(`replays ${webhookId}`, (signal) => listReplays(webhookId, signal), {
    everyMs: isFollowed.value ? 1_000 : 30_000,
  });
  const isAnyUnderWay = replays.value?.some(isUnderWay) ?? false;
  useEffect(() => {
    isFollowed.value = isAnyUnderWay;
  }, [isAnyUnderWay]);
  return replays;
}

/** Pauses; or resumes, which also closes the breaker and begins slowly. */
function PauseButton({ webhook, onChange }: { webhook: Webhook; onChange: () => void }) {
  const isTroubled = webhook.health_status === 'unavailable' || webhook.health_status === 'degraded';
  const isHeldBack = isTroubled || webhook.breaker_state !== 'closed' || webhook.blocked_until !== null;
  const pause = () =>
    act(() => updateWebhook(webhook.id, { is_active: false }), 'Paused. What is raised now waits for it.');
  const resume = () => act(() => enableWebhook(webhook.id), 'Deliveries go out again, slowly at first.');
  if (!webhook.is_active) {
    return (
      <button type="button" class="button" onClick={() => void resume().then(onChange)}>
        Resume
      </button>
    );
  }
  return (
    <>
      {isHeldBack ? (
        <button type="button" class="button" onClick={() => void resume().then(onChange)}>
          Try again now
        </button>
      ) : null}
      <button type="button" class="button" onClick={() => void pause().then(onChange)}>
        Pause
      </button>
    </>
  );
}

function DeleteDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const remove = async () => {
    if (await act(() => deleteWebhook(webhook.id), `${webhook.name} was deleted.`)) go('/webhooks', { replace: true });
  };
  return (
    <Confirm
      title={`Delete ${webhook.name}?`}
      action="Delete"
      isDangerous
      onConfirm={() => void remove()}
      onClose={onClose}
    >
      <p>What waits for it ends as cancelled. Its log stays readable until it is dropped by age.</p>
    </Confirm>
  );
}
