export const truth = {
  program: 'otherPools.mjs',
  arguments: ['workerpool', 'busy'],
  places: ['worker'],
  state: ['busy', 'idle'],
  verdict: null,
};
