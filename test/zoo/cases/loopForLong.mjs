/** Entered long before the signal: a profiler that starts now would blame the caller. */
export const truth = {
  state: 'spinning',
  function: 'spin',
  verdict: 'thread-spinning',
  readBy: 'inspector',
  waitMs: 4500,
};

function spin(cell) {
  while (cell.value >= 0) cell.value = (cell.value + 1) & 0xffff; // <- here
}

function enter() {
  spin({ value: 0 });
}

export function hang() {
  enter();
}
