// How uPlot draws our charts: colours of the theme, axes in plain words, the shared cursor and the drag that zooms.
import type uPlot from 'uplot';

export interface ChartLine {
  name: string;
  /** Which colour of the theme, as `--chart-…`. */
  tone: 'delivered' | 'failed' | 'p50' | 'p95' | 'p99' | 'waiting';
  isFilled?: boolean;
}

export interface ChartSetup {
  lines: readonly ChartLine[];
  width: number;
  height: number;
  isLogarithmic: boolean;
  format: (value: number) => string;
  bounds: { since: number; until: number };
  readBounds: () => { since: number; until: number };
  onCursor: (index: number | null) => void;
  onZoom: (sinceMs: number, untilMs: number) => void;
}

const ZOOM_PIXELS_MIN = 8;

export function chartOptions(setup: ChartSetup): uPlot.Options {
  const colour = themeColours();
  // A logarithmic axis has a split at every 1, 2, … 9: only the powers of ten are drawn.
  const filter = setup.isLogarithmic ? onlyPowers : undefined;
  const axis = {
    stroke: colour('text-faint'),
    font: `12px ${colour('sans')}`,
    grid: { stroke: colour('line'), width: 1 },
  };
  return {
    width: setup.width,
    height: setup.height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: 'time' },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
    },
    scales: {
      x: {
        time: true,
        range: () => [setup.readBounds().since, setup.readBounds().until],
      },
      y: setup.isLogarithmic ? logarithmic : linear,
    },
    axes: [
      { ...axis, ticks: { show: false }, size: 28, space: 80, values: timeLabels },
      {
        ...axis,
        ticks: { show: false },
        size: 56,
        space: 36,
        ...(filter ? { filter, grid: { ...axis.grid, filter } } : {}),
        values: (_chart, splits) => splits.map((value) => (value === null ? '' : setup.format(value))),
      },
    ],
    series: [{}, ...setup.lines.map((line) => seriesOf(line, colour))],
    hooks: {
      setCursor: [(chart) => setup.onCursor(chart.cursor.idx ?? null)],
      setSelect: [(chart) => zoom(chart, setup.onZoom)],
    },
  };
}

function seriesOf(line: ChartLine, colour: (name: string) => string): uPlot.Series {
  return {
    label: line.name,
    stroke: colour(`chart-${line.tone}`),
    width: 1.5,
    spanGaps: false,
    points: { show: false },
    ...(line.isFilled ? { fill: colour(`chart-${line.tone}-fill`) } : {}),
  };
}

/** From zero, both ways: what failed hangs below it. */
const linear: uPlot.Scale = {
  range: (_chart, min, max) => {
    const top = Math.max(max ?? 0, 0);
    const floor = Math.min(min ?? 0, 0);
    const room = Math.max(top - floor, 0.1) * 0.08;
    return [floor === 0 ? 0 : floor - room, top + room];
  },
};

/** Whole powers of ten around what there is. */
const logarithmic: uPlot.Scale = {
  distr: 3,
  log: 10,
  range: (_chart, min, max) => {
    if (!min || !max) return [1, 1_000];
    const floor = 10 ** Math.floor(Math.log10(min));
    return [floor, Math.max(10 ** Math.ceil(Math.log10(max)), floor * 10)];
  },
};

const onlyPowers: uPlot.Axis.Filter = (_chart, splits) =>
  splits.map((value) => (Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6) ? value : null));

function zoom(chart: uPlot, onZoom: ChartSetup['onZoom']): void {
  const { left, width } = chart.select;
  if (width === 0) return;
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (width < ZOOM_PIXELS_MIN) return;
  onZoom(chart.posToVal(left, 'x') * 1_000, chart.posToVal(left + width, 'x') * 1_000);
}

const timeOfDay = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const withSeconds = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayOnly = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** Local time; a day where a day begins, or where the steps are days. */
function timeLabels(_chart: uPlot, splits: number[], _axis: number, _space: number, step: number): string[] {
  return splits.map((at) => {
    const date = new Date(at * 1_000);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
    if (step >= 86_400 || isMidnight) return dayOnly.format(date);
    return (step < 60 ? withSeconds : timeOfDay).format(date);
  });
}

/** The values of our custom properties, without their dashes; a canvas knows no CSS. */
function themeColours(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}
