// What the checks of `tocsin doctor` find: a closed list of findings, each with what to do.

export type FindingStatus = 'ok' | 'warning' | 'failure';

export interface Finding {
  /** What was looked at, in a word or two; stable, for scripts. */
  check: string;
  status: FindingStatus;
  /** What was found. Never a secret. */
  detail: string;
  /** What to do; only where something is wrong. */
  advice?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail });
export const warning = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: 'warning',
  detail,
  advice,
});
export const failure = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: 'failure',
  detail,
  advice,
});

/** 1.5 GB. */
export function sizeOf(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1024)));
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${units[power]}`;
}
