// Writes numbers as people read them: grouped, rounded to what matters, with their unit.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** What stands where a figure is not known. */
export const NONE = '–';

/** `1,204`; from a million on `1.2M`. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  return Math.abs(value) >= 1_000_000 ? short.format(value) : whole.format(value);
}

/** `1 webhook`, `3 webhooks`; `irregular` is the plural when it is not the word with an s. */
export function counted(value: number, word: string, irregular = `${word}s`): string {
  return `${count(value)} ${value === 1 ? word : irregular}`;
}

/** `0.4`, `12.5`, `1,240`: a rate with as many digits as it deserves. */
export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (value === 0) return '0';
  if (Math.abs(value) < 0.05) return '< 0.1';
  return Math.abs(value) < 100 ? String(Math.round(value * 10) / 10) : count(value);
}

/** `99.94 %`. Anything below 100 never rounds up to it. */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const rounded = value >= 99 || value <= 1 ? Math.floor(value * 100) / 100 : Math.round(value * 10) / 10;
  return `${rounded} %`;
}

/** `84 ms`, `1.2 s`, `2 m`. */
export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (value < 1) return value === 0 ? '0 ms' : '< 1 ms';
  if (value < 1_000) return `${Math.round(value)} ms`;
  if (value < 60_000) return `${Number((value / 1_000).toFixed(value < 10_000 ? 1 : 0))} s`;
  return `${Number((value / 60_000).toFixed(1))} m`;
}

/** `512 B`, `3.4 MiB`. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  const scaled = value / 1024 ** power;
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`;
}
