// Code and payloads in monospace, with a button that copies them.
import { useSignal } from '@preact/signals';
import { say } from './notices.tsx';

interface CodeProps {
  /** What is copied. */
  text: string;
  /** What is shown in its place, such as the same JSON with indents. */
  shown?: string;
  label: string;
  /** Scrolls beyond so many. */
  lines?: 6 | 12;
}

export function Code({ text, shown = text, label, lines }: CodeProps) {
  return (
    <div class="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls needs the focus, to be scrolled by keys */}
      <section tabIndex={0} aria-label={label} class={lines ? `lines-${lines}` : undefined}>
        <pre>{shown}</pre>
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
