/**
 * The slots of a ring, each holding `value` at first. Every thread makes some when it starts: `fill` takes 0.08 ms for 8192
 * of them, where `Array.from` takes half a millisecond.
 */
export function filled<Value>(size: number, value: Value): Value[] {
  // oxlint-disable-next-line unicorn/no-new-array -- the length is what is meant
  return new Array<Value>(size).fill(value);
}
