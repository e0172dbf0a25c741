export const truth = {
  state: 'microtask-loop',
  function: 'again',
  verdict: 'thread-microtask-loop',
  readBy: 'inspector',
};

function again() {
  // <- here
  queueMicrotask(again); // <- here
} // <- here

export function hang() {
  again();
}
