// Creates a webhook, or changes its settings.
import { ApiProblem } from '../api/client.ts';
import type { Webhook } from '../api/types.ts';
import { useSignal } from '@preact/signals';
import { WebhookForm } from '../parts/webhook_form.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { SecretOnce } from '../parts/secret.tsx';
import { say } from '../parts/notices.tsx';
import { go, href } from '../router.ts';
import { useResource } from '../stores/resource.ts';
import { createWebhook, getWebhook, updateWebhook } from '../stores/webhooks.ts';

/** What a form tries; the problem that came of it, or null. */
type Try = (settings: Record<string, unknown>) => Promise<ApiProblem | null>;

export function NewWebhookPage() {
  const created = useSignal<Webhook | null>(null);
  const create: Try = (settings) =>
    problemOf(async () => {
      created.value = await createWebhook(settings);
    });
  if (created.value) return <Created webhook={created.value} />;
  return (
    <div class="page narrow">
      <header class="page-head detail">
        <p class="crumbs">
          <a href={href('/webhooks')}>Webhooks</a>
        </p>
        <h1>New webhook</h1>
        <p class="lead">A name and a URL are enough. The rest can wait.</p>
      </header>
      <WebhookForm action="Create" onSubmit={create} cancelHref={href('/webhooks')} />
    </div>
  );
}

export function EditWebhookPage({ id }: { id: number }) {
  const webhook = useResource(`edit ${id}`, (signal) => getWebhook(id, signal));
  const save: Try = (settings) =>
    problemOf(async () => {
      await updateWebhook(id, settings);
      say('Saved.');
      go(`/webhooks/${id}`);
    });
  if (!webhook.value) {
    return (
      <div class="page">
        {webhook.problem ? <ProblemNote problem={webhook.problem} onRetry={webhook.reload} /> : null}
      </div>
    );
  }
  return (
    <div class="page narrow">
      <header class="page-head detail">
        <p class="crumbs">
          <a href={href('/webhooks')}>Webhooks</a> <a href={href(`/webhooks/${id}`)}>{webhook.value.name}</a>
        </p>
        <h1>Edit</h1>
      </header>
      <WebhookForm action="Save" webhook={webhook.value} onSubmit={save} cancelHref={href(`/webhooks/${id}`)} />
    </div>
  );
}

function Created({ webhook }: { webhook: Webhook }) {
  return (
    <div class="page narrow">
      <header class="page-head detail">
        <h1>{webhook.name} is created</h1>
      </header>
      {webhook.secret ? <SecretOnce secret={webhook.secret} /> : null}
      <div class="actions">
        <a class="button primary" href={href(`/webhooks/${webhook.id}`)}>
          Go to the webhook
        </a>
      </div>
    </div>
  );
}

async function problemOf(run: () => Promise<void>): Promise<ApiProblem | null> {
  try {
    await run();
    return null;
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
}
