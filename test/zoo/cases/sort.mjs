export const truth = { state: 'spinning', function: 'compare', verdict: 'thread-spinning', readBy: 'inspector' };

function compare(one, other) {
  let sum = 0; // <- here
  for (let i = 0; i < 200_000; i++) sum = (sum * 31 + one + other) | 0; // <- here
  return sum; // <- here
} // <- here

export function hang() {
  Array.from({ length: 100_000 }, (_, i) => i).sort(compare);
}
