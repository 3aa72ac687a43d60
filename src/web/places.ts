// The five pages of the rail, with the letter that follows `g`.
import { carriedQuery } from './url_state.ts';
import { go, href, path, query } from './router.ts';

export interface Place {
  path: string;
  word: string;
  letter: string;
  /** Drawn 20 by 20, by strokes. */
  icon: string;
}

export const places: readonly Place[] = [
  { path: '', word: 'Overview', letter: 'o', icon: 'M3 16V9m5 7V4m5 12v-5m4 5V7' },
  {
    path: '/webhooks',
    word: 'Webhooks',
    letter: 'w',
    icon: 'M7 9.5 9.6 5a2.7 2.7 0 1 1 4 2.8M5.4 9.6a2.8 2.8 0 1 0 3.8 3.2h5M11 6.6l2.7 4.8a2.8 2.8 0 1 1-1.1 3.8',
  },
  {
    path: '/alerts',
    word: 'Alerts',
    letter: 'a',
    icon: 'M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1.5h-13L5 13.5ZM8.3 17.2a2 2 0 0 0 3.4 0M10 4V2.5',
  },
  {
    path: '/deliveries',
    word: 'Deliveries',
    letter: 'd',
    icon: 'M2.5 10h9m-3-3.5L12 10l-3.5 3.5M12.5 3.5h3.5v13h-3.5',
  },
  {
    path: '/system',
    word: 'System',
    letter: 's',
    icon: 'M3.5 4h13v4.5h-13V4Zm0 7.5h13V16h-13v-4.5ZM6 6.25h.01M6 13.75h.01',
  },
];

/** The address of a page, with the time range of this one. */
export function placeHref(place: Place): string {
  return href(place.path + carriedQuery(query.value));
}

/** Whether the page, or one below it, is shown. */
export function isHere(place: Place): boolean {
  return place.path === '' ? path.value === '' : path.value === place.path || path.value.startsWith(`${place.path}/`);
}

export function goToPage(letter: string): void {
  const place = places.find((one) => one.letter === letter);
  if (place) go(place.path + carriedQuery(query.peek()));
}
