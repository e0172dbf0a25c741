export const truth = {
  program: 'otherPools.mjs',
  arguments: ['jest-worker', 'idle'],
  places: ['worker'],
  state: 'idle',
  verdict: null,
};
