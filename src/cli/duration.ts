// Reads durations as people write them on a command line.

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
 * @throws Error in plain words
 */
export function readDuration(text: string, option: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdwy])$/.exec(text) ?? [];
  const ms = Number(count) * (unitsMs[unit] ?? 0);
  if (ms > 0 && ms <= YEARS_MAX * (unitsMs.y as number)) return ms;
  throw new Error(`${option} must be a time such as 90s, 15m, 12h, 30d or 1y; ten years at most.`);
}
