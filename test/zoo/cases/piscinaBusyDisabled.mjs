export const truth = {
  program: 'piscina.mjs',
  arguments: ['busy', 'disabled'],
  places: ['worker'],
  state: ['busy', 'idle'],
  verdict: null,
};
