// Holds the figures of a run to the limits in budgets.json, so that CI notices what got slower.
import budgets from './budgets.json' with { type: 'json' };

/** Limits of one figure; ratios only, or bytes: what a slow machine does not change. */
export type Budget = { min?: number; max?: number };

/** What is outside its limits, in words; a figure that was not measured is not judged. */
export function brokenBudgets(scenario: string, figures: Readonly<Record<string, number>>): string[] {
  const limits = (budgets as Record<string, Record<string, Budget>>)[scenario] ?? {};
  return Object.entries(limits).flatMap(([name, { min, max }]) => {
    const value = figures[name];
    if (value === undefined) return [];
    const words = `${scenario}: ${name} is ${value.toFixed(2)}, but must be`;
    if (min !== undefined && !(value >= min)) return [`${words} at least ${min}`];
    return max !== undefined && !(value <= max) ? [`${words} at most ${max}`] : [];
  });
}
