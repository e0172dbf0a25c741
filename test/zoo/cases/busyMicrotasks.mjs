/** Each microtask computes for a while: frames are there, and the loop of microtasks still is what never ends. */
export const truth = { state: 'microtask-loop', function: 'work', verdict: 'thread-microtask-loop', readBy: 'inspector' };

function work() {
  let sum = 0; // <- here
  for (let i = 0; i < 500_000; i++) sum = (sum + i) | 0; // <- here
  return sum; // <- here
} // <- here

export async function hang() {
  for (;;) await work();
}
