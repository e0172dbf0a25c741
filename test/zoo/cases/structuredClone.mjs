/** A clone of a huge value: in native code for the length of each call, so that either may be met. */
export const truth = {
  state: ['spinning', 'native-cpu'],
  function: ['copy', null],
  verdict: ['thread-spinning', 'thread-native-cpu'],
};

function copy(value) {
  for (;;) structuredClone(value); // <- here
}

export function hang() {
  copy(Array.from({ length: 200_000 }, (_, id) => ({ id, tags: [`tag ${id}`] })));
}
