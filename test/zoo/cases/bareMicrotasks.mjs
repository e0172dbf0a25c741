/** Without an agent there is no heartbeat: only two looks tell that the loop does not turn. */
export const truth = {
  places: ['worker'],
  state: 'microtask-loop',
  function: 'starve',
  verdict: 'thread-microtask-loop',
  readBy: 'inspector',
  instrumented: false,
};

export const workerOptions = { env: {}, execArgv: [] };

async function starve() {
  // <- here
  for (;;) await Promise.resolve(); // <- here
}

export function hang() {
  void starve();
}
