export const truth = {
  state: 'microtask-loop',
  function: 'again',
  verdict: 'thread-microtask-loop',
  readBy: 'inspector',
};

function again() {
  // <- here
  void Promise.resolve().then(again); // <- here
} // <- here

export function hang() {
  again();
}
