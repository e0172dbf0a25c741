/** `env: {}` and `execArgv: []` drop the preload: found by inspector, and said to be so. */
export const truth = {
  places: ['worker'],
  state: 'spinning',
  function: 'spin',
  verdict: 'thread-spinning',
  readBy: 'inspector',
  instrumented: false,
};

export const workerOptions = { env: {}, execArgv: [] };

function spin() {
  for (;;); // <- here
}

export function hang() {
  spin();
}
