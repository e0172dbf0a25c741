export const truth = {
  program: 'otherPools.mjs',
  arguments: ['jest-worker', 'stuck'],
  places: ['worker'],
  subject: 'running',
  state: 'spinning',
  function: 'endless',
  verdict: 'thread-spinning',
  readBy: 'inspector',
  says: /of pool .*, running endless/,
};
