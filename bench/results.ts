// Writes RESULTS.md: one section for each scenario, replaced when that scenario was run again.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Place } from './place.ts';
import { drawPlot } from './plot.ts';
import type { Report, Scenario } from './scenario.ts';
import { markdownTable } from './table.ts';

const path = join(import.meta.dir, 'RESULTS.md');
const plotDirectory = join(import.meta.dir, 'plots');

const preamble = `# Results

Written by \`bun run bench\`; \`bun run bench NAME\` repeats one section. Everything is measured in one run on one machine: contenders
take turns, each figure is the median of its rounds, and only ratios between figures of one section mean something elsewhere.
Load, if not said otherwise, is the load average of the last minute before and after: 2 on two cores that only the bench uses.
`;

/** Where, when and on what a scenario ran. */
export type Occasion = { place: Place; loadBefore: string; loadAfter: string; seconds: number };

/** Puts a section into RESULTS.md, in place of the one of the same name. */
export function writeResults(scenario: Scenario, report: Report, occasion: Occasion): void {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const sections = new Map<string, string>();
  for (const [, name = '', text = ''] of before.matchAll(/<!-- begin (\w+) -->\n([\s\S]*?)<!-- end \1 -->/g))
    sections.set(name, text);
  sections.set(scenario.name, sectionOf(scenario, report, occasion));
  const parts = [...sections].map(([name, text]) => `<!-- begin ${name} -->\n${text}<!-- end ${name} -->\n`);
  writeFileSync(path, [preamble, ...parts].join('\n'));
}

function sectionOf(scenario: Scenario, report: Report, occasion: Occasion): string {
  const notes = report.notes.map((note) => `- ${note}\n`).join('');
  const tables = report.tables.map((table) => `${markdownTable(table)}\n`).join('\n');
  const plots = writePlots(report);
  return `## ${scenario.name}\n\n${scenario.title}\n\n${tables}\n${plots}${notes}- ${occasionOf(occasion)}\n`;
}

/** As files beside RESULTS.md; returns the Markdown that shows them. */
function writePlots({ plots = [] }: Report): string {
  mkdirSync(plotDirectory, { recursive: true });
  return plots
    .map((plot) => {
      writeFileSync(join(plotDirectory, `${plot.name}.svg`), drawPlot(plot));
      return `![${plot.title}](plots/${plot.name}.svg)\n\n`;
    })
    .join('');
}

function occasionOf({ place, loadBefore, loadAfter, seconds }: Occasion): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const day = new Date().toISOString().slice(0, 10);
  return (
    `${day}, commit ${commit()}, ${machine}, ${process.platform}; PostgreSQL ${place.version} (fsync on), Bun ` +
    `${Bun.version}; load ${loadBefore} before, ${loadAfter} after; ${Math.round(seconds)} s. Repeat: ` +
    '`bun run bench`'
  );
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dir, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
