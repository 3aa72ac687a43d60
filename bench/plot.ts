// Draws small line charts as SVG, readable on light and on dark pages.
import { figure } from './measure.ts';
import type { Plot } from './scenario.ts';

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 72;
const RIGHT = 24;
const TOP = 44;
/** Below the axis: its numbers and name, and then the names of the lines. */
const BOTTOM = 56;
const LEGEND_LINE = 20;

/** Told apart without seeing red and green, and by their dashes. */
const colors = ['#2f6fde', '#d9730d', '#0f9e8a', '#b03a9c', '#8a6d1a', '#5a6472'];
const dashes = ['', '7 3', '2 3', '9 3 2 3', '4 2', '12 4'];

const style = `
  .page { fill: #ffffff } text { fill: #24292f; font: 13px system-ui, sans-serif } .grid { stroke: #d5dae0 }
  .title { font-weight: 600; font-size: 15px }
  @media (prefers-color-scheme: dark) { .page { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } }`;

/** The chart as an SVG document. Points that are no positive numbers are left out: both axes are logarithmic. */
export function drawPlot({ title, xLabel, yLabel, lines }: Plot): string {
  const drawn = lines.map(({ name, points }) => ({
    name,
    points: points.filter((point) => point.every((v) => v > 0)),
  }));
  const all = drawn.flatMap(({ points }) => points);
  const xs = [...new Set(all.map(([x]) => x))].sort((a, b) => a - b);
  const ys = ticksOf(all.map(([, y]) => y));
  const height = HEIGHT + LEGEND_LINE * Math.ceil(lines.length / 2);
  const x = scale(xs, LEFT, WIDTH - RIGHT);
  const y = scale(ys, HEIGHT - BOTTOM, TOP);
  const parts = [
    `<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(LEFT, 26, title, 'class="title"'),
    ...ys.map((value) => grid(LEFT, y(value), WIDTH - RIGHT, y(value))),
    ...ys.map((value) => text(LEFT - 8, y(value) + 4, figure(value), 'text-anchor="end"')),
    ...xs.map((value) => grid(x(value), TOP, x(value), HEIGHT - BOTTOM)),
    ...xs.map((value) => text(x(value), HEIGHT - BOTTOM + 18, figure(value), 'text-anchor="middle"')),
    text(WIDTH - RIGHT, HEIGHT - BOTTOM + 36, xLabel, 'text-anchor="end"'),
    text(LEFT - 8, TOP - 6, yLabel, 'text-anchor="end"'),
    ...drawn.map(({ points }, i) =>
      drawLine(
        points.map(([px, py]) => [x(px), y(py)]),
        i,
      ),
    ),
    ...drawn.flatMap(({ name }, i) => legend(name, i)),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${plain(title)}">` +
    `\n<style>${style}\n</style>\n${parts.join('\n')}\n</svg>\n`
  );
}

/** One, two and five of each power of ten, from just below the least to just above the greatest. */
function ticksOf(values: readonly number[]): number[] {
  const ticks = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** (power - 4))).flat();
  const least = ticks.findLast((tick) => tick <= Math.min(...values)) ?? 1;
  const greatest = ticks.find((tick) => tick >= Math.max(...values) && tick > least) ?? 10;
  return ticks.filter((tick) => tick >= least && tick <= greatest);
}

function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log(values[0] ?? 1), Math.log(values.at(-1) ?? 10)];
  return (value) => round(high === low ? from : from + ((Math.log(value) - low) / (high - low)) * (to - from));
}

function drawLine(points: readonly (readonly [number, number])[], i: number): string {
  const path = points.map(([x, y]) => `${x},${y}`).join(' ');
  const dots = points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colors[i % colors.length]}"/>`);
  return `<polyline points="${path}" fill="none" ${stroke(i)}/>${dots.join('')}`;
}

function legend(name: string, i: number): string[] {
  const x = LEFT + (i % 2) * ((WIDTH - LEFT) / 2);
  const y = HEIGHT + LEGEND_LINE * Math.floor(i / 2);
  return [`<line x1="${x}" y1="${y - 4}" x2="${x + 30}" y2="${y - 4}" ${stroke(i)}/>`, text(x + 38, y, name)];
}

function stroke(i: number): string {
  return `stroke="${colors[i % colors.length]}" stroke-width="2" stroke-dasharray="${dashes[i % dashes.length]}"`;
}

function grid(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="grid" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

function text(x: number, y: number, words: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${plain(words)}</text>`;
}

function plain(words: string): string {
  return words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
