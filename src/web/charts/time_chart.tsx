// A chart over time on uPlot: one cursor over all of them, drag to zoom, values at the cursor beside the names.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { NONE } from '../format/numbers.ts';
import { clock, clockSeconds } from '../format/times.ts';
import { setRange } from '../router.ts';
import { isDark } from '../theme.ts';
import { type ChartLine, chartOptions } from './chart_options.ts';
import type { Columns } from './columns.ts';

export interface TimeChartProps {
  title: string;
  /** Said to those who cannot see the chart. */
  summary: string;
  columns: Columns;
  lines: readonly ChartLine[];
  sinceMs: number;
  untilMs: number;
  isLogarithmic?: boolean;
  format: (value: number) => string;
  height?: number;
}

export function TimeChart(props: TimeChartProps) {
  const { title, summary, columns, lines, format } = props;
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const bounds = useRef({ since: 0, until: 1 });
  const index = useSignal<number | null>(null);
  bounds.current = { since: props.sinceMs / 1_000, until: props.untilMs / 1_000 };

  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const made = new uPlot(
      chartOptions({
        lines,
        width: element.clientWidth,
        height: props.height ?? 200,
        isLogarithmic: props.isLogarithmic ?? false,
        format,
        bounds: bounds.current,
        readBounds: () => bounds.current,
        onCursor: (at) => {
          index.value = at;
        },
        onZoom: (sinceMs, untilMs) => setRange({ kind: 'between', sinceMs, untilMs }),
      }),
      columns as uPlot.AlignedData,
      element,
    );
    chart.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: props.height ?? 200 }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [isDark.value]);
  useEffect(() => redraw(chart.current, columns, frame.current), [columns, props.sinceMs, props.untilMs]);

  const at = index.value === null ? undefined : columns[0][index.value];
  return (
    <section class="chart" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <ul class="legend">
          {lines.map((line, series) => (
            <li key={line.name}>
              <span class={`swatch ${line.tone}`} />
              {line.name}
              <b>{valueText(columns, series + 1, index.value, format)}</b>
            </li>
          ))}
        </ul>
        <span class="faint at">{at === undefined ? '' : atText(at, props.untilMs - props.sinceMs)}</span>
      </header>
      <div ref={frame} role="img" aria-label={summary} class="plot" style={{ height: `${props.height ?? 200}px` }} />
    </section>
  );
}

/** Hands over new columns; how long drawing took is left on the element, for measuring. */
function redraw(chart: uPlot | null, columns: Columns, element: HTMLElement | null): void {
  if (!chart || !element) return;
  const start = performance.now();
  chart.batch(() => chart.setData(columns as uPlot.AlignedData));
  element.dataset.redrawMs = (performance.now() - start).toFixed(2);
}

function valueText(columns: Columns, series: number, index: number | null, format: (value: number) => string): string {
  const column = columns[series] ?? [];
  const value = column[index ?? column.length - 1];
  return value === null || value === undefined ? NONE : format(value);
}

function atText(at: number, spanMs: number): string {
  return spanMs > 3_600_000 ? clock(at * 1_000, Date.now()) : clockSeconds(at * 1_000);
}
