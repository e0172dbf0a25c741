export const truth = {
  program: 'otherPools.mjs',
  arguments: ['tinypool', 'idle'],
  places: ['worker'],
  state: 'idle',
  verdict: null,
};
