/** Two workers wait for each other; main is idle. */
export const truth = {
  program: 'deadlock.mjs',
  arguments: ['workers'],
  places: ['worker'],
  state: 'atomics-wait',
  function: ['lockThenWait', 'waitThenLock'],
  verdict: 'deadlock',
  also: ['thread-atomics-wait'],
  anywhere: true,
  readBy: 'inspector',
};
