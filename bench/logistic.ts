// Logistic regression by Newton's method, and how good probabilities are.

const RIDGE = 1e-2;
const STEPS_MAX = 50;

/** The constant and a weight for each feature, at which the (very slightly ridged) likelihood is greatest. */
export function fitLogistic(rows: readonly (readonly number[])[], ends: readonly number[]): number[] {
  const size = (rows[0]?.length ?? 0) + 1;
  let weights = new Array<number>(size).fill(0);
  for (let step = 0; step < STEPS_MAX; step++) {
    const gradient = weights.map((weight, k) => (k === 0 ? 0 : -RIDGE * weight));
    const curvature = weights.map((_, k) => weights.map((_, m) => (k === m ? (k === 0 ? 1e-9 : RIDGE) : 0)));
    rows.forEach((row, n) => {
      const p = predict(weights, row);
      const spread = p * (1 - p);
      for (let k = 0; k < size; k++) {
        const x = valueAt(row, k);
        (gradient[k] as number) += ((ends[n] as number) - p) * x;
        const line = curvature[k] as number[];
        for (let m = 0; m <= k; m++) (line[m] as number) += spread * x * valueAt(row, m);
      }
    });
    for (let k = 0; k < size; k++)
      for (let m = k + 1; m < size; m++) (curvature[k] as number[])[m] = (curvature[m] as number[])[k] as number;
    const move = solve(curvature, gradient);
    weights = weights.map((weight, k) => weight + (move[k] as number));
    if (Math.max(...move.map(Math.abs)) < 1e-8) break;
  }
  return weights;
}

/** The probability that weights give a row. */
export function predict(weights: readonly number[], row: readonly number[]): number {
  let score = weights[0] as number;
  for (let k = 0; k < row.length; k++) score += (weights[k + 1] as number) * (row[k] as number);
  return 1 / (1 + Math.exp(-score));
}

const valueAt = (row: readonly number[], k: number): number => (k === 0 ? 1 : (row[k - 1] as number));

/** Gauss's elimination with pivots; both are used up. */
function solve(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let m = k + 1; m < size; m++)
      if (Math.abs(matrix[m]?.[k] as number) > Math.abs(matrix[pivot]?.[k] as number)) pivot = m;
    [matrix[k], matrix[pivot]] = [matrix[pivot] as number[], matrix[k] as number[]];
    [right[k], right[pivot]] = [right[pivot] as number, right[k] as number];
    const line = matrix[k] as number[];
    for (let m = k + 1; m < size; m++) {
      const other = matrix[m] as number[];
      const factor = (other[k] as number) / (line[k] as number);
      for (let j = k; j < size; j++) (other[j] as number) -= factor * (line[j] as number);
      (right[m] as number) -= factor * (right[k] as number);
    }
  }
  const found = new Array<number>(size).fill(0);
  for (let k = size - 1; k >= 0; k--) {
    let sum = right[k] as number;
    for (let j = k + 1; j < size; j++) sum -= (matrix[k]?.[j] as number) * (found[j] as number);
    found[k] = sum / (matrix[k]?.[k] as number);
  }
  return found;
}

/** How probabilities compare with what happened. */
export type Judgement = {
  /** The mean of the squared error, and that of saying the base rate each time. */
  brier: number;
  baseBrier: number;
  baseRate: number;
  logLoss: number;
  table: { from: number; to: number; n: number; said: number; failed: number }[];
};

const EDGES = [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

export function judge(said: readonly number[], ends: readonly number[]): Judgement {
  const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const baseRate = mean(ends);
  const table = EDGES.slice(1).flatMap((to, k) => {
    const from = EDGES[k] as number;
    const inside = said
      .map((p, n) => ({ p, end: ends[n] as number }))
      .filter(({ p }) => p >= from && (p < to || to === 1));
    if (inside.length === 0) return [];
    const [average, failed] = [mean(inside.map(({ p }) => p)), mean(inside.map(({ end }) => end))];
    return [{ from, to, n: inside.length, said: average, failed }];
  });
  return {
    brier: mean(said.map((p, n) => (p - (ends[n] as number)) ** 2)),
    baseBrier: baseRate * (1 - baseRate),
    baseRate,
    logLoss: mean(said.map((p, n) => -Math.log(Math.max(1e-12, ends[n] === 1 ? p : 1 - p)))),
    table,
  };
}
