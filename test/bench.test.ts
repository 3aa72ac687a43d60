// Runs every bench in its smallest form, so that none rots: figures mean nothing here, but each must still come out.
import { describe, expect, test } from 'bun:test';
import { brokenBudgets } from '../bench/budgets.ts';
import { median, percentile } from '../bench/measure.ts';
import { placeOn } from '../bench/place.ts';
import { makeBench, type Report, type Scenario } from '../bench/scenario.ts';
import { scenarios } from '../bench/scenarios.ts';
import { markdownTable, textTable } from '../bench/table.ts';
import budgets from '../bench/budgets.json' with { type: 'json' };
import { startTestServer } from './support/postgres.ts';

const reports = new Map<string, Report>();

async function runTiny(scenario: Scenario): Promise<Report> {
  const place = await placeOn((await startTestServer()).url);
  return scenario.run(makeBench('tiny', place, () => undefined)).finally(() => place.leave());
}

describe('the bench', () => {
  for (const scenario of scenarios) {
    test(`${scenario.name} gives figures in every cell of its tables`, async () => {
      const report = await runTiny(scenario);
      reports.set(scenario.name, report);
      expect(report.tables.length).toBeGreaterThan(0);
      for (const { head, rows } of report.tables) {
        expect(rows.length).toBeGreaterThan(0);
        for (const row of rows) expect(row).toHaveLength(head.length);
        expect(rows.flat().filter((cell) => cell === '–' || cell.includes('NaN'))).toEqual([]);
      }
      expect(Object.entries(report.figures).filter(([, value]) => !Number.isFinite(value))).toEqual([]);
    }, 60_000);
  }

  for (const scenario of scenarios.filter(({ name }) => name.startsWith('http'))) {
    // The other scenarios are too small in this form for their ratios to mean something.
    test(`${scenario.name} stays within its budgets`, async () => {
      let broken: string[] = [];
      // A moment in which the machine was busy with something else is no reason to fail.
      for (let tries = 0; tries < 3; tries++) {
        broken = brokenBudgets(scenario.name, (reports.get(scenario.name) ?? (await runTiny(scenario))).figures);
        reports.delete(scenario.name);
        if (broken.length === 0) break;
      }
      expect(broken).toEqual([]);
    }, 120_000);
  }

  test('has budgets only for scenarios that there are', () => {
    const names = scenarios.map((scenario) => scenario.name);
    expect(Object.keys(budgets).filter((name) => !names.includes(name))).toEqual([]);
  });

  test('says which figure is outside its budget', () => {
    expect(brokenBudgets('queue_only', { cpu_ratio_to_graphile_b500_c4: 0.01, wal_bytes_b500_c4: 1 })).toEqual([
      expect.stringContaining('cpu_ratio_to_graphile_b500_c4 is 0.01'),
    ]);
    expect(brokenBudgets('queue_only', {})).toEqual([]);
  });
});

test('the median and percentiles are those of the sorted values', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 95, 99, 100]);
});

test('a table is aligned on a terminal and valid in Markdown', () => {
  const table = {
    title: 'T',
    head: ['', 'x'],
    rows: [
      ['long name', '1'],
      ['b', '22'],
    ],
  };
  expect(textTable(table)).toBe('T\n            x\n─────────  ──\nlong name   1\nb          22');
  expect(markdownTable(table)).toBe('**T**\n\n|  | x |\n| --- | ---: |\n| long name | 1 |\n| b | 22 |');
});
