// A tile per webhook, the worst first: large ones for what needs a look, small ones for the many that are well.
import { useSignal } from '@preact/signals';
import type { Tile } from '../api/dashboard_types.ts';
import { Sparkline } from '../charts/sparkline.tsx';
import { now } from '../clock.ts';
import { count, percent } from '../format/numbers.ts';
import { carriedQuery } from '../url_state.ts';
import { HealthMark, HealthShape, Mark } from '../parts/marks.tsx';
import { href, query, setQuery } from '../router.ts';
import { plainError } from '../words/delivery.ts';
import { healthWords } from '../words/webhook.ts';
import { groupTiles, type TileGroup, tileNote } from '../words/tiles.ts';

export function HealthGrid({ tiles }: { tiles: readonly Tile[] }) {
  const search = query.value.get('q') ?? '';
  const groups = groupTiles(tiles, search);
  const found = groups.reduce((sum, group) => sum + group.tiles.length, 0);
  return (
    <section class="health" aria-label="Health of the webhooks">
      <header>
        <h2>Webhooks</h2>
        <input
          type="search"
          class="search"
          data-search
          placeholder="Search webhooks"
          aria-label="Search webhooks"
          aria-keyshortcuts="/"
          value={search}
          onInput={(event) => setQuery({ q: event.currentTarget.value }, { replace: true })}
        />
        <span class="faint">{search ? `${count(found)} of ${count(tiles.length)}` : count(tiles.length)}</span>
      </header>
      {found === 0 && search ? <p class="faint">No webhook has “{search}” in its name.</p> : null}
      {groups.map((group) => (
        <Group key={group.name} {...group} />
      ))}
    </section>
  );
}

function Group({ name, state, tiles, isLarge }: TileGroup) {
  return (
    <section class="group">
      <h3>
        {state ? <HealthShape status={state} /> : null}
        {name} <span class="faint">{count(tiles.length)}</span>
      </h3>
      {isLarge ? (
        <ul class="tiles large">
          {tiles.map((tile) => (
            <li key={tile.id}>
              <LargeTile tile={tile} />
            </li>
          ))}
        </ul>
      ) : (
        <SmallTiles tiles={tiles} name={name} />
      )}
    </section>
  );
}

function LargeTile({ tile }: { tile: Tile }) {
  const minutes = tile.sparkline.map((delivered, index) => delivered + (tile.failed_sparkline[index] ?? 0));
  return (
    <a
      class={`tile ${tile.is_active ? tile.health_status : 'paused'}`}
      data-row={tile.id}
      href={href(`/webhooks/${tile.id}${carriedQuery(query.value)}`)}
      title={tile.last_error && tile.health_status !== 'healthy' ? plainError(tile.last_error) : undefined}
    >
      <span class="name">{tile.name}</span>
      <span class="line">
        <HealthMark status={tile.health_status} isPaused={!tile.is_active} />
        <span class="figure">{percent(tile.success_rate_percent)}</span>
      </span>
      <span class="line faint">
        <span class="why">{tileNote(tile, now.value)}</span>
        <Sparkline values={minutes} width={56} height={16} />
      </span>
    </a>
  );
}

/** One stop for Tab; the arrows go from tile to tile. The name of the tile under pointer or focus is shown beside. */
function SmallTiles({ tiles, name }: { tiles: readonly Tile[]; name: string }) {
  const shown = useSignal<Tile | null>(null);
  return (
    <>
      <ul class="tiles small" aria-label={name} onKeyDown={moveBetween} onMouseLeave={() => (shown.value = null)}>
        {tiles.map((tile, index) => (
          <li key={tile.id}>
            <a
              class={`tile ${tile.is_active ? tile.health_status : 'paused'}`}
              tabIndex={index === 0 ? 0 : -1}
              href={href(`/webhooks/${tile.id}${carriedQuery(query.value)}`)}
              aria-label={`${tile.name}, ${tile.is_active ? healthWords[tile.health_status] : 'Paused'}`}
              onMouseEnter={() => (shown.value = tile)}
              onFocus={() => (shown.value = tile)}
            >
              {tile.is_active ? (
                <HealthShape status={tile.health_status} size={10} />
              ) : (
                <Mark shape="pause" tone="unknown" size={10} />
              )}
            </a>
          </li>
        ))}
      </ul>
      <p class="hint faint" aria-hidden="true">
        {shown.value
          ? `${shown.value.name} · ${percent(shown.value.success_rate_percent)} · ${count(shown.value.pending_deliveries)} waiting`
          : 'Point at a tile, or move with the arrows, to see its name.'}
      </p>
    </>
  );
}

function moveBetween(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a')];
  const here = links.indexOf(document.activeElement as HTMLElement);
  const perRow = links.filter((link) => link.offsetTop === links[0]?.offsetTop).length;
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: perRow, ArrowUp: -perRow }[event.key];
  if (by === undefined || here < 0) return;
  event.preventDefault();
  links[Math.min(links.length - 1, Math.max(0, here + by))]?.focus();
}
