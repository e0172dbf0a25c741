/** Main waits for a worker that spins. */
export const truth = {
  program: 'deadlock.mjs',
  arguments: ['spin'],
  places: ['main'],
  state: 'atomics-wait',
  function: 'askWorker',
  verdict: 'deadlock',
  also: ['thread-atomics-wait', 'thread-spinning'],
  anywhere: true,
  readBy: 'inspector',
};
