export const truth = {
  program: 'otherPools.mjs',
  arguments: ['workerpool', 'idle'],
  places: ['worker'],
  state: 'idle',
  verdict: null,
};
