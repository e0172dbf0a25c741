/** A process that has been exiting for less than a second is not attached to: the signal comes later. */
export const truth = {
  state: 'spinning',
  function: 'cleanUp',
  verdict: 'thread-spinning',
  readBy: 'inspector',
  phase: 'exiting',
  waitMs: 2500,
};

function cleanUp() {
  for (;;); // <- here
}

export function hang() {
  process.on('exit', cleanUp);
  process.exit();
}
