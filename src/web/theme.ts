// Light or dark: as the system has it, unless the person chose.
import { computed, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'tocsin.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(dark.matches);

export const theme = signal<Theme>(readTheme());

/** What is shown now. */
export const isDark = computed(() => (theme.value === 'system' ? systemIsDark.value : theme.value === 'dark'));

/** Follows the system and the choice from now on. */
export function startTheme(): void {
  dark.addEventListener('change', () => {
    systemIsDark.value = dark.matches;
  });
  isDark.subscribe((is) => {
    document.documentElement.dataset.theme = is ? 'dark' : 'light';
  });
}

/** Light, dark, as the system: round and round. */
export function nextTheme(): void {
  const order: Theme[] = ['system', 'light', 'dark'];
  theme.value = order[(order.indexOf(theme.peek()) + 1) % order.length] ?? 'system';
  localStorage.setItem(KEY, theme.value);
}

function readTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}
