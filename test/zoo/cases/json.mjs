/** One call of seconds. V8 serves interrupts inside of it, up to a version between those of Node 24 and 26. */
export const truth = {
  state: ['spinning', 'native-cpu'],
  function: ['hang', null],
  verdict: ['thread-spinning', 'thread-native-cpu'],
};

export function hang() {
  const hollow = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, undefined]));
  JSON.stringify(Array.from({ length: 3_000_000 }, () => hollow)); // <- here
}
