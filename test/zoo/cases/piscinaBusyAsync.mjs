export const truth = {
  program: 'piscina.mjs',
  arguments: ['busy', 'async'],
  places: ['worker'],
  state: ['busy', 'idle'],
  verdict: null,
};
