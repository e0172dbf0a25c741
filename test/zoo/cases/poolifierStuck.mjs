export const truth = {
  program: 'otherPools.mjs',
  arguments: ['poolifier', 'stuck'],
  places: ['worker'],
  subject: 'running',
  state: 'spinning',
  function: 'endless',
  verdict: 'thread-spinning',
  readBy: 'inspector',
  says: /of pool .*, running endless/,
};
