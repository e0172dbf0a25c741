export const truth = {
  state: 'microtask-loop',
  function: 'starve',
  verdict: 'thread-microtask-loop',
  readBy: 'inspector',
};

async function starve() {
  // <- here
  for (;;) await Promise.resolve(); // <- here
}

export function hang() {
  void starve();
}
