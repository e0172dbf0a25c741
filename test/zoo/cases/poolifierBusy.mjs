export const truth = {
  program: 'otherPools.mjs',
  arguments: ['poolifier', 'busy'],
  places: ['worker'],
  state: ['busy', 'idle'],
  verdict: null,
};
