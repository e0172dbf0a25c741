/**
 * The empty slots of a ring. Every thread makes some when it starts: `fill` takes 0.08 ms for 8192 of them, where
 * `Array.from` takes half a millisecond.
 */
export function emptySlots<Value>(size: number): (Value | undefined)[] {
  // oxlint-disable-next-line unicorn/no-new-array -- the length is what is meant
  return new Array<Value | undefined>(size).fill(undefined);
}
