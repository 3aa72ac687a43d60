// A line of the last minutes, the size of a word.
import { sparkPoints } from './columns.ts';

export interface SparklineProps {
  values: readonly (number | null)[];
  /** Zero and the largest value where they are not given. */
  floor?: number;
  top?: number;
  width?: number;
  height?: number;
}

/** Decoration for eyes: the figure beside it says the same to everyone. */
export function Sparkline({ values, width = 120, height = 32, ...scale }: SparklineProps) {
  if (values.length < 2) return <svg class="spark" width={width} height={height} aria-hidden="true" />;
  const inset = 1.5;
  const points = sparkPoints(values, scale).map(
    ({ x, y }) => `${(x * width).toFixed(1)},${(inset + y * (height - 2 * inset)).toFixed(1)}`,
  );
  return (
    <svg
      class="spark"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={`0,${height} ${points.join(' ')} ${width},${height}`} />
      <polyline points={points.join(' ')} />
    </svg>
  );
}
