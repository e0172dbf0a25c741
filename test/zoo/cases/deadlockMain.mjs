/** Main waits for a worker's answer, as synchronous bridges do; the worker waits for main. */
export const truth = {
  program: 'deadlock.mjs',
  places: ['main'],
  state: 'atomics-wait',
  function: 'askWorker',
  verdict: 'deadlock',
  also: ['thread-atomics-wait'],
  anywhere: true,
  readBy: 'inspector',
};
