/** Each microtask computes for a while: whoever is met inside of one looks like a loop, and both answers name the function. */
export const truth = {
  state: ['microtask-loop', 'spinning'],
  function: 'work',
  verdict: ['thread-microtask-loop', 'thread-spinning'],
  readBy: 'inspector',
};

function work() {
  let sum = 0; // <- here
  for (let i = 0; i < 500_000; i++) sum = (sum + i) | 0; // <- here
  return sum; // <- here
} // <- here

export async function hang() {
  for (;;) await work();
}
