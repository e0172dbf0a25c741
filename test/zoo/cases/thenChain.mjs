/** Each promise waits for the next one: the heap grows, and most of the time goes into collecting it inside of one task. */
export const truth = {
  state: ['microtask-loop', 'spinning'],
  function: 'again',
  verdict: ['thread-microtask-loop', 'thread-spinning'],
  readBy: 'inspector',
};

function again() {
  // <- here
  return Promise.resolve().then(again); // <- here
} // <- here

export function hang() {
  void again();
}
