/** Medians, their intervals and growth; nothing here knows what the numbers mean. */

/** The middle of the values; the mean of the two in the middle where their count is even. */
export function median(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The median with the interval that holds the true one in at least 95 of 100 runs, by order statistics: nothing is assumed
 * of how the values are distributed. Fewer than six values have no such interval; then it is their whole range.
 */
export function summarize(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const cut = cutOf(sorted.length);
  return { median: median(sorted), low: sorted[cut], high: sorted[sorted.length - 1 - cut], count: sorted.length };
}

/** How many values to leave out at each end: the most for which both tails of a fair coin's throws hold at most 5 %. */
function cutOf(count) {
  let tail = 0;
  let term = 0.5 ** count;
  for (let cut = 0; ; cut++) {
    tail += term;
    if (2 * tail > 0.05) return Math.max(0, cut - 1);
    term = (term * (count - cut)) / (cut + 1);
  }
}

/** Half the width of a summary's interval. */
export function halfWidth({ low, high }) {
  return (high - low) / 2;
}

/** The exponent e of `y = c * x^e` that fits the points best, by least squares of the logarithms. */
export function growthExponent(points) {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(Math.max(y, Number.EPSILON))]);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const shared = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return shared / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
