export const truth = {
  state: 'microtask-loop',
  function: 'again',
  verdict: 'thread-microtask-loop',
  readBy: 'inspector',
};

function again() {
  // <- here
  process.nextTick(again); // <- here
} // <- here

export function hang() {
  again();
}
