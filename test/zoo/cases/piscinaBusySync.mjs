export const truth = {
  program: 'piscina.mjs',
  arguments: ['busy', 'sync'],
  places: ['worker'],
  state: ['busy', 'idle'],
  verdict: null,
};
