export const truth = {
  program: 'piscina.mjs',
  arguments: ['stuck', 'disabled'],
  places: ['worker'],
  subject: 'running',
  state: 'spinning',
  function: 'endless',
  verdict: 'thread-spinning',
  readBy: 'inspector',
};
