/** The function that computes is named, not the one that calls it for ever. */
export const truth = { state: 'spinning', function: 'collatz', verdict: 'thread-spinning', readBy: 'inspector' };

function collatz(start) {
  let steps = 0; // <- here
  for (let n = start; n !== 1; steps++) n = n % 2 === 0 ? n / 2 : 3 * n + 1; // <- here
  return steps; // <- here
} // <- here

export function hang() {
  let sum = 0;
  for (let n = 2_000_000_011; ; n++) {
    sum += collatz(n);
    if (sum > 1e15) sum = 0;
  }
}
