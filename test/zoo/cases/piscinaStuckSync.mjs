export const truth = {
  program: 'piscina.mjs',
  arguments: ['stuck', 'sync'],
  places: ['worker'],
  subject: 'running',
  state: 'spinning',
  function: 'endless',
  verdict: 'thread-spinning',
  readBy: 'inspector',
};
