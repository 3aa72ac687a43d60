// Short notices about what was just done, for eyes and for screen readers.
import { signal } from '@preact/signals';

interface Notice {
  id: number;
  text: string;
}

const notices = signal<readonly Notice[]>([]);
const SHOWN_MS = 6_000;
let lastId = 0;

/** Says something in a sentence; it goes away by itself. */
export function say(text: string): void {
  lastId += 1;
  const notice = { id: lastId, text };
  notices.value = [...notices.peek().slice(-2), notice];
  setTimeout(() => {
    notices.value = notices.peek().filter(({ id }) => id !== notice.id);
  }, SHOWN_MS);
}

export function Notices() {
  return (
    <output class="notices" aria-live="polite">
      {notices.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </output>
  );
}
