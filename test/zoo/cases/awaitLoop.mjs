export const truth = { state: 'microtask-loop', function: 'starve', verdict: 'thread-microtask-loop', readBy: 'inspector' };

async function starve() {
  for (;;) await null; // <- here
}

export function hang() {
  void starve();
}
