// How many new rows wait above a list, and the button that lets them in.
import { count } from '../format/numbers.ts';
import { useKeys } from '../keyboard.ts';

export function HeldBar({ held, onLetIn }: { held: number; onLetIn: () => void }) {
  useKeys({ '.': onLetIn });
  return (
    <div class="held" aria-live="polite">
      {held > 0 ? (
        <button type="button" class="button small" aria-keyshortcuts="." onClick={onLetIn}>
          {count(held)} new
        </button>
      ) : null}
    </div>
  );
}
