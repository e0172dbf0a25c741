/** Calls of some milliseconds without end: between two of them the interrupt runs. */
export const truth = { state: 'spinning', function: 'hang', verdict: 'thread-spinning', readBy: 'inspector' };

export function hang() {
  const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `row ${id}` }));
  for (;;) JSON.parse(JSON.stringify(rows)); // <- here
}
