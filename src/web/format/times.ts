// Writes moments and durations as people read them; the clock is always passed in, so that it can be tested.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `12 s`, `2 m`, `3 h`, `4 d`: the largest unit that fits, and the next one where it helps: `1 h 20 m`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < MINUTE) return `${s} s`;
  if (s < HOUR) return `${Math.round(s / MINUTE)} m`;
  if (s < DAY) return pair(s, HOUR, 'h', MINUTE, 'm');
  return pair(s, DAY, 'd', HOUR, 'h');
}

function pair(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const smalls = Math.round(seconds / small);
  const ratio = large / small;
  const rest = smalls % ratio;
  const wholes = Math.floor(smalls / ratio);
  // Beyond ten of the large unit nobody needs the small one.
  return rest === 0 || wholes >= 10 ? `${wholes} ${largeName}` : `${wholes} ${largeName} ${rest} ${smallName}`;
}

/** `now`, `12 s ago`, `2 m ago`, `in 3 h`. */
export function relative(at: string | number, now: number): string {
  const seconds = (toMs(at) - now) / 1_000;
  if (Math.abs(seconds) < 2) return 'now';
  return seconds > 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`;
}

/** Local time, exact to the second: `22 Nov 2026, 14:02:11`. */
export function absolute(at: string | number, zone?: string): string {
  const parts = { day: 'numeric', month: 'short', year: 'numeric', ...timeOfDay, second: '2-digit' } as const;
  return format(at, parts, zone);
}

/** Local time of day; with the date when that is not the day of `now`: `14:02`, `21 Nov, 14:02`. */
export function clock(at: string | number, now: number, zone?: string): string {
  const isSameDay = day(at, zone) === day(now, zone);
  return format(at, isSameDay ? timeOfDay : { day: 'numeric', month: 'short', ...timeOfDay }, zone);
}

/** Time of day to the second, for attempts that follow one another closely. */
export function clockSeconds(at: string | number, zone?: string): string {
  return format(at, { ...timeOfDay, second: '2-digit' }, zone);
}

/** As ISO 8601 in UTC, for titles and for copying. */
export function iso(at: string | number): string {
  return new Date(toMs(at)).toISOString();
}

/** Milliseconds since 1970. */
export function toMs(at: string | number): number {
  return typeof at === 'number' ? at : Date.parse(at);
}

const timeOfDay = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a DateTimeFormat is slow; there are a handful of them. */
function format(at: string | number, parts: Intl.DateTimeFormatOptions, zone?: string): string {
  const key = `${Object.keys(parts).join()} ${zone}`;
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat('en-GB', { ...parts, ...(zone ? { timeZone: zone } : {}) });
    formats.set(key, known);
  }
  return known.format(toMs(at));
}

function day(at: string | number, zone?: string): string {
  return format(at, { day: 'numeric', month: 'numeric', year: 'numeric' }, zone);
}
