// Chooses one webhook as a filter, by typing part of its name.
import { useEffect } from 'preact/hooks';
import { query, setQuery } from '../router.ts';
import { listTiles, nameOf, webhookNames } from '../stores/webhooks.ts';

export function WebhookChoice() {
  // Rows show names too: the tiles bring all of them in one answer. Without them the numbers are shown.
  useEffect(() => void listTiles().catch(() => undefined), []);
  const chosen = query.value.get('webhook_id');
  const choose = (text: string) => {
    const found = [...webhookNames.peek()].find(([id, name]) => name === text || String(id) === text);
    if (found) setQuery({ webhook_id: String(found[0]) });
    else if (text === '') setQuery({ webhook_id: null });
  };
  return (
    <>
      <input
        type="search"
        list="webhook-names"
        class={`search ${chosen ? 'chosen' : ''}`}
        placeholder="Any webhook"
        aria-label="Webhook"
        value={chosen ? nameOf(Number(chosen)) : ''}
        onChange={(event) => choose(event.currentTarget.value.trim())}
      />
      <datalist id="webhook-names">
        {[...webhookNames.value].map(([id, name]) => (
          <option key={id} value={name} />
        ))}
      </datalist>
    </>
  );
}
