export const truth = {
  program: 'piscina.mjs',
  arguments: ['idle', 'disabled'],
  places: ['worker'],
  state: 'idle',
  verdict: null,
};
