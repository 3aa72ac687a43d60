// The tables of the HTTP benches: how fast, how late, at what cost, and whether the targets hold.
import { figure, type Medians, ratio } from '../measure.ts';
import type { Report, Table } from '../scenario.ts';

/** A target of ours: what was wanted, if anything was, and what came out. `key` names it in budgets.json. */
export type Target = {
  key: string;
  what: string;
  wanted?: number;
  isMost?: boolean;
  measured: number;
  unit: '%' | 'ms' | 'per s';
};

/** Every contender; `base` is whose speed the others are compared with. CPU time is told where the system tells it. */
export function speedTable(title: string, medians: Medians, base: string): Table {
  const baseSpeed = medians.get(base)?.per_second ?? Number.NaN;
  const hasCpu = [...medians.values()].every(({ cpu_us = Number.NaN }) => Number.isFinite(cpu_us));
  const head = ['', 'per second', `of ${base}`, 'p50 ms', 'p95 ms', 'p99 ms', 'errors'];
  return {
    title,
    head: hasCpu ? [...head, 'CPU µs each'] : head,
    rows: [...medians].map(([name, sample]) => {
      const { per_second: speed, p50_ms, p95_ms, p99_ms, error_share, cpu_us } = sample as Record<string, number>;
      const times = [p50_ms, p95_ms, p99_ms].map((ms) => figure(ms as number));
      const errors = `${figure((error_share as number) * 100)} %`;
      const cells = [name, figure(speed as number), ratio(speed as number, baseSpeed), ...times, errors];
      return hasCpu ? [...cells, figure(cpu_us as number)] : cells;
    }),
  };
}

/** One contender's figure in terms of another's. */
export function share(medians: Medians, name: string, base: string): number {
  return (medians.get(name)?.per_second ?? Number.NaN) / (medians.get(base)?.per_second ?? Number.NaN);
}

/** The same by what an answer costs the server, which neither neighbours nor a slow load generator change much. */
export function cpuShare(medians: Medians, name: string, base: string): number {
  return (medians.get(base)?.cpu_us ?? Number.NaN) / (medians.get(name)?.cpu_us ?? Number.NaN);
}

/** A line for each target, with its verdict. */
export function targetTable(targets: readonly Target[]): Table {
  const words = (value: number, unit: Target['unit']) =>
    unit === '%' ? `${Math.round(value * 100)} %` : `${figure(value)} ${unit}`;
  return {
    title: 'Targets',
    head: ['target', 'wanted', 'measured', 'holds'],
    rows: targets.map(({ what, wanted, isMost = false, measured, unit }) => {
      if (wanted === undefined) return [what, 'no target', words(measured, unit), ''];
      const holds = isMost ? measured <= wanted : measured >= wanted;
      return [what, `${isMost ? '≤' : '≥'} ${words(wanted, unit)}`, words(measured, unit), holds ? 'yes' : 'no'];
    }),
  };
}

/** What budgets.json may judge: the targets by their keys, the worst p99 and the worst share of errors of our own. */
export function figuresOf(targets: readonly Target[], measured: readonly Medians[]): Report['figures'] {
  const figures: Report['figures'] = Object.fromEntries(targets.map(({ key, measured: value }) => [key, value]));
  const ours = measured.flatMap((medians) => [...medians].filter(([name]) => name.startsWith('Tocsin')));
  figures.p99_ms_max = Math.max(...ours.map(([, { p99_ms = Number.NaN }]) => p99_ms));
  figures.error_share_max = Math.max(...ours.map(([, { error_share = Number.NaN }]) => error_share));
  return figures;
}

/** Under every table. */
export const commonNotes = [
  'Load by autocannon, in a process of its own, on the same two cores as the server and the database: where a server ' +
    'is faster than autocannon, the column of speeds says little, and that of CPU time per answer says more. It is the ' +
    'time of all processes of the server, what they do besides included.',
  'Tocsin: `tocsin serve` as in production: a signed token, requests counted, a worker in the same process.',
];
