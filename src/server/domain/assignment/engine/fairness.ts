/** How evenly something is spread, e.g. work units per hour over the readers of a shift. */

/** Jain's index: 1 when all have the same, 1/n when one has everything. Of nothing at all: 1. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  const squares = values.reduce((a, b) => a + b * b, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

/** Gini's coefficient: 0 when all have the same, near 1 when one has everything. Of nothing at all: 0. */
export function gini(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const sum = sorted.reduce((a, b) => a + b, 0);
  if (sum === 0) return 0;
  const weighted = sorted.reduce((total, value, n) => total + (2 * (n + 1) - sorted.length - 1) * value, 0);
  return weighted / (sorted.length * sum);
}

/** The middle one of them, or the mean of the two middle ones. Of nothing at all: null. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
