export const truth = {
  program: 'otherPools.mjs',
  arguments: ['poolifier', 'idle'],
  places: ['worker'],
  state: 'idle',
  verdict: null,
};
