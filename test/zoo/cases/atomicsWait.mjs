export const truth = { state: 'atomics-wait', function: 'park', verdict: 'thread-atomics-wait', readBy: 'inspector' };

function park() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // <- here
}

export function hang() {
  park();
}
