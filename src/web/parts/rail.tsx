// The way from page to page: a rail at the left, a bar at the bottom of a phone.
import { isHere, placeHref, places } from '../places.ts';

export function Rail() {
  return (
    <nav class="rail" aria-label="Pages">
      <a class="brand" href="/dashboard">
        <span class="visually-hidden">Tocsin, overview</span>
        <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M5 16.5V11a7 7 0 0 1 14 0v5.5l2 2H3l2-2Z" />
          <path class="clapper" d="M9.5 20.5a2.6 2.6 0 0 0 5 0h-5Z" />
        </svg>
      </a>
      {places.map((place) => (
        <a
          key={place.path}
          class="place"
          href={placeHref(place)}
          aria-current={isHere(place) ? 'page' : undefined}
          aria-keyshortcuts={`g ${place.letter}`}
        >
          <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
            <path d={place.icon} />
          </svg>
          {place.word}
        </a>
      ))}
    </nav>
  );
}
