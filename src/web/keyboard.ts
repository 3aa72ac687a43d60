// The keyboard: one listener, the keys of the page that is shown, and `g` followed by a letter to go elsewhere.
import { useEffect, useRef } from 'preact/hooks';

export type Keys = Record<string, (event: KeyboardEvent) => void>;

/** All keys, for the list that `?` shows. */
export const keyList: readonly { keys: string; does: string }[] = [
  { keys: '/', does: 'Search this page' },
  { keys: 'j k', does: 'Next, previous row' },
  { keys: 'Enter', does: 'Open the row' },
  { keys: 'x', does: 'Mark the row' },
  { keys: 'a', does: 'Acknowledge the alert, or the marked ones' },
  { keys: 'e', does: 'Resolve the alert, or the marked ones' },
  { keys: 'r', does: 'Retry the delivery' },
  { keys: 't', does: 'Test the webhook' },
  { keys: '.', does: 'Let new rows in' },
  { keys: 'g o', does: 'Overview' },
  { keys: 'g w', does: 'Webhooks' },
  { keys: 'g a', does: 'Alerts' },
  { keys: 'g d', does: 'Deliveries' },
  { keys: 'g s', does: 'System' },
  { keys: 'Esc', does: 'Close, or leave the field' },
  { keys: '?', does: 'This list' },
];

const PREFIX_MS = 1_200;
const layers: { current: Keys }[] = [];
let prefixUntil = 0;

/** These keys work while the component is there; the newest component comes first. */
export function useKeys(keys: Keys): void {
  const layer = useRef(keys);
  layer.current = keys;
  useEffect(() => {
    layers.unshift(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

/** Begins to listen; `goTo` gets the letter after `g`. */
export function startKeyboard(goTo: (letter: string) => void): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event)) {
      if (event.key === 'Escape') (event.target as HTMLElement).blur();
      return;
    }
    if (document.querySelector('dialog[open]')) return;
    if (event.timeStamp < prefixUntil && /^[a-z]$/.test(event.key)) {
      prefixUntil = 0;
      event.preventDefault();
      goTo(event.key);
      return;
    }
    if (event.key === 'g') prefixUntil = event.timeStamp + PREFIX_MS;
    else press(event);
  });
}

function press(event: KeyboardEvent): void {
  const act = layers.map((layer) => layer.current[event.key]).find(Boolean);
  if (act) {
    event.preventDefault();
    act(event);
  } else if (event.key === '/') {
    const field = document.querySelector<HTMLInputElement>('[data-search]');
    if (field) event.preventDefault();
    field?.focus();
    field?.select();
  } else if (event.key === 'j' || event.key === 'k') {
    event.preventDefault();
    moveRow(event.key === 'j' ? 1 : -1);
  }
}

/** Moves the focus by one row; rows are what `data-row` marks, wherever they stand on the page. */
function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const here = rows.indexOf(document.activeElement?.closest('[data-row]') as HTMLElement);
  const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + by))];
  const target = next?.matches('a, button') ? next : next?.querySelector<HTMLElement>('a, button');
  target?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

/** The id that the focused row carries; null when no row has the focus. */
export function focusedRowId(): number | null {
  const id = document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset.row;
  return id ? Number(id) : null;
}

function isTyping({ target }: KeyboardEvent): boolean {
  const element = target as HTMLElement;
  if (element.matches('input[type=checkbox], input[type=radio]')) return false;
  return element.matches('input, textarea, select') || element.isContentEditable;
}
