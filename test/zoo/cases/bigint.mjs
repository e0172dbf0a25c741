/** One multiplication of numbers with millions of digits runs in native code and takes no interrupt. */
export const truth = {
  state: ['native-cpu', 'spinning'],
  function: [null, 'hang'],
  verdict: ['thread-native-cpu', 'thread-spinning'],
};

export function hang() {
  let n = 3n ** 1_000_000n;
  for (;;) n = (n * n) >> 1_500_000n; // <- here
}
