/** A chain of awaits and nothing else: what watching promises costs where there is nothing else to pay for. */
export const OPERATIONS = 20_000;

/** One operation: a call that awaits once, and is awaited. */
export async function leaf(value) {
  await undefined; // oxlint-disable-line unicorn/no-unnecessary-await -- a turn through the microtask queue is the work
  return value;
}

export async function loop(count) {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += await leaf(index);
  return sum;
}

export function prepare() {
  return loop;
}
