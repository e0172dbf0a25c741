export const truth = {
  program: 'otherPools.mjs',
  arguments: ['jest-worker', 'busy'],
  places: ['worker'],
  state: ['busy', 'idle'],
  verdict: null,
};
