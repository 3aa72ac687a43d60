// Reads durations and times as people write them on a command line.
import { UsageError } from './command.ts';

const unitsMs: Record<string, number> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const YEARS_MAX = 10;

/**
 * `90s`, `15m`, `12h`, `30d`, `4w` or `1y`, in milliseconds; ten years at most.
 * @throws UsageError
 */
export function readDuration(text: string, option: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdwy])$/.exec(text) ?? [];
  const ms = Number(count) * (unitsMs[unit] ?? 0);
  if (ms > 0 && ms <= YEARS_MAX * (unitsMs.y as number)) return ms;
  throw new UsageError(`${option} must be a time such as 90s, 15m, 12h, 30d or 1y; ten years at most.`);
}

/**
 * A time of the clock, or one so long ago (`2h`), as the API takes it; undefined stays undefined.
 * @throws UsageError
 */
export function readInstant(text: string | undefined, option: string): string | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+[smhdwy]$/.test(text) ? Date.now() - readDuration(text, option) : Date.parse(text);
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new UsageError(`${option} must be a time such as 2026-11-22T10:00Z, or 2h for two hours ago.`);
}
