/** One call of seconds: V8 runs no interrupt inside of `JSON.stringify`, so there is no frame to be had. */
export const truth = { state: 'native-cpu', function: null, verdict: 'thread-native-cpu', readBy: 'kernel' };

export function hang() {
  const hollow = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, undefined]));
  JSON.stringify(Array.from({ length: 3_000_000 }, () => hollow));
}
