export const truth = {
  program: 'otherPools.mjs',
  arguments: ['tinypool', 'busy'],
  places: ['worker'],
  state: ['busy', 'idle'],
  verdict: null,
};
