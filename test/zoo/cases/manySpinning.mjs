/** Five spinning threads share two or more CPUs: each gets its part, and all of them spin. */
export const truth = {
  program: 'manySpinning.mjs',
  places: ['worker'],
  subject: 'all workers',
  state: 'spinning',
  function: 'spin',
  verdict: 'thread-spinning',
  anywhere: true,
  readBy: 'inspector',
  waitMs: 3000,
};
