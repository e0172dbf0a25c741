export const truth = {
  program: 'piscina.mjs',
  arguments: ['idle', 'async'],
  places: ['worker'],
  state: 'idle',
  verdict: null,
};
