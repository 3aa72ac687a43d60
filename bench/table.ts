// Writes a table of results for a terminal and for Markdown.
import type { Table } from './scenario.ts';

/** Aligned columns, figures to the right. */
export function textTable({ title, head, rows }: Table): string {
  const widths = head.map((cell, column) => Math.max(...[cell, ...rows.map((row) => row[column] ?? '')].map(widthOf)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => {
        const room = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
        return column === 0 ? cell + room : room + cell;
      })
      .join('  ')
      .trimEnd();
  return [title, line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** A Markdown table below its title. */
export function markdownTable({ title, head, rows }: Table): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return `**${title}**\n\n${[line(head), line(rule), ...rows.map(line)].join('\n')}`;
}

function widthOf(cell: string): number {
  return Bun.stringWidth(cell);
}
