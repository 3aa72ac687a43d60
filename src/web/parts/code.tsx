// Code and payloads in monospace, with a button that copies them.
import { useSignal } from '@preact/signals';
import { say } from './notices.tsx';

export function Code({ text, label, lines }: { text: string; label: string; lines?: number }) {
  return (
    <div class="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls needs the focus, to be scrolled by keys */}
      <section tabIndex={0} aria-label={label} class={lines ? `lines-${lines}` : undefined}>
        <pre>{text}</pre>
      </section>
      <CopyButton text={text} label={label} />
    </div>
  );
}

export function CopyButton({ text, label, word = 'Copy' }: { text: string; label: string; word?: string }) {
  const isCopied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      isCopied.value = true;
      setTimeout(() => {
        isCopied.value = false;
      }, 1_500);
    } catch {
      say('The browser does not let the page copy. Select the text instead.');
    }
  };
  return (
    <button type="button" class="button small" aria-label={`${word}: ${label}`} onClick={copy}>
      {isCopied.value ? 'Copied' : word}
    </button>
  );
}
