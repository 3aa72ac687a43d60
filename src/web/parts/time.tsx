// A moment: relative on the page, absolute in local time on hover, ISO in the title.
import { now } from '../clock.ts';
import { absolute, clockSeconds, iso, relative } from '../format/times.ts';
import { NONE } from '../format/numbers.ts';

export function Time({ at, exact = false }: { at: string | number | null | undefined; exact?: boolean }) {
  if (at === null || at === undefined) return <span class="faint">{NONE}</span>;
  return (
    <time datetime={iso(at)} title={iso(at)} data-absolute={absolute(at)}>
      {exact ? clockSeconds(at) : relative(at, now.value)}
    </time>
  );
}
