export const truth = {
  program: 'piscina.mjs',
  arguments: ['idle', 'sync'],
  places: ['worker'],
  state: 'idle',
  verdict: null,
};
