/** Each promise waits for the next one: millions of them are pending, and the heap grows. */
export const truth = { state: 'microtask-loop', function: 'again', verdict: 'thread-microtask-loop', readBy: 'inspector' };

function again() { // <- here
  return Promise.resolve().then(again); // <- here
} // <- here

export function hang() {
  void again();
}
