/** One call of seconds; V8 serves interrupts inside of it. */
export const truth = { state: 'spinning', function: 'hang', verdict: 'thread-spinning', readBy: 'inspector' };

export function hang() {
  const hollow = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, undefined]));
  JSON.stringify(Array.from({ length: 3_000_000 }, () => hollow)); // <- here
}
