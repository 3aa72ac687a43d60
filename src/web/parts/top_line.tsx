// The top line: tenant, time range, whether the page is live, theme, help, and the way out.
import { linkState } from '../live/link.ts';
import { path, query, range, setRange } from '../router.ts';
import { chooseTenant, claims, credential, signOut, tenantChoice, tenantName } from '../stores/session.ts';
import { useResource } from '../stores/resource.ts';
import { listTenants } from '../stores/system.ts';
import { nextTheme, theme } from '../theme.ts';
import { type RangeName, ranges, rangeUse } from '../url_state.ts';
import { clock } from '../format/times.ts';
import { now } from '../clock.ts';

export function TopLine({ onHelp }: { onHelp: () => void }) {
  return (
    <header class="top">
      <TenantName />
      <RangeChoice />
      <span class="spring" />
      <LiveDot />
      <button type="button" class="button quiet" onClick={nextTheme} title="Theme: automatic, light, dark">
        <ThemeIcon />
        <span class="visually-hidden">Theme: </span>
        <span class="wide-only">{themeWords[theme.value]}</span>
      </button>
      <button type="button" class="button quiet wide-only" onClick={onHelp} aria-keyshortcuts="?" title="Keyboard (?)">
        <span aria-hidden="true">?</span>
        <span class="visually-hidden">Keyboard</span>
      </button>
      {credential.value ? (
        <button type="button" class="button quiet" onClick={() => signOut(null)}>
          Sign out
        </button>
      ) : null}
    </header>
  );
}

const themeWords = { system: 'Auto', light: 'Light', dark: 'Dark' } as const;

function TenantName() {
  const isPlatform = claims.value?.role === 'platform';
  if (isPlatform) return <TenantChoice />;
  return (
    <span class="tenant" title={claims.value?.sub ? `Signed in as ${claims.value.sub}` : undefined}>
      <span class="visually-hidden">Tenant </span>
      {tenantName.value}
    </span>
  );
}

function TenantChoice() {
  const { value: names = [] } = useResource('tenants', listTenants);
  return (
    <label class="tenant choice">
      <span class="visually-hidden">Tenant</span>
      <select value={tenantName.value} onChange={(event) => chooseTenant(event.currentTarget.value)}>
        {[...new Set([tenantName.value, ...names])].map((name) => (
          <option key={name} value={name} selected={name === tenantName.value}>
            {name}
          </option>
        ))}
      </select>
      {tenantChoice.value ? (
        <button type="button" class="button quiet small" onClick={() => chooseTenant(null)}>
          Back to mine
        </button>
      ) : null}
    </label>
  );
}

const words: Record<RangeName, string> = {
  '15m': '15 minutes',
  '1h': '1 hour',
  '6h': '6 hours',
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
};

function RangeChoice() {
  const use = rangeUse(path.value);
  if (use === 'none') return null;
  const current = range.value;
  const zoomed = current.kind === 'between' ? current : null;
  const isAnyTime = use === 'lists' && !zoomed && !query.value.has('range');
  const chosen = zoomed ? 'zoom' : isAnyTime ? '' : (current as { name: string }).name;
  const choose = (name: string) => setRange(name === '' ? null : { kind: 'last', name: name as RangeName });
  return (
    <div class="range">
      <label class="choice">
        <span class="visually-hidden">Time range</span>
        <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
          {use === 'lists' ? (
            <option value="" selected={isAnyTime}>
              Any time
            </option>
          ) : null}
          {zoomed ? (
            <option value="zoom" selected>
              {clock(zoomed.sinceMs, now.value)} to {clock(zoomed.untilMs, now.value)}
            </option>
          ) : null}
          {(Object.keys(ranges) as RangeName[]).map((name) => (
            <option key={name} value={name} selected={name === chosen}>
              Last {words[name]}
            </option>
          ))}
        </select>
      </label>
      {zoomed ? (
        <button type="button" class="button small" onClick={() => setRange(null)}>
          Reset zoom
        </button>
      ) : null}
    </div>
  );
}

const linkWords = {
  connecting: 'Connecting',
  live: 'Live',
  'catching up': 'Catching up',
  disconnected: 'Disconnected',
} as const;

function LiveDot() {
  return (
    <output class={`live ${linkState.value.replace(' ', '-')}`} aria-live="polite">
      <span class="dot" aria-hidden="true" />
      {linkWords[linkState.value]}
    </output>
  );
}

function ThemeIcon() {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" class="icon">
      <path d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm0 1.5v10A5 5 0 0 1 8 3Z" fill-rule="evenodd" />
    </svg>
  );
}
