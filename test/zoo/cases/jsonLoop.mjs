/**
 * Calls of some milliseconds without end: between two of them the interrupt runs, but for Node 26, where the optimised loop
 * leaves its check out and no interrupt is ever served.
 */
export const truth = {
  state: ['spinning', 'native-cpu'],
  function: ['hang', null],
  verdict: ['thread-spinning', 'thread-native-cpu'],
};

export function hang() {
  const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `row ${id}` }));
  for (;;) JSON.parse(JSON.stringify(rows)); // <- here
}
