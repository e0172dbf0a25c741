export const truth = {
  program: 'otherPools.mjs',
  arguments: ['workerpool', 'stuck'],
  places: ['worker'],
  subject: 'running',
  state: 'spinning',
  function: 'endless',
  verdict: 'thread-spinning',
  readBy: 'inspector',
  says: /of pool .*, running endless/,
};
