/** Timers, a thousand at a time. */
export const OPERATIONS = 10_000;

const AT_A_TIME = 1000;

function fire(count) {
  return new Promise((resolve) => {
    let left = count;
    for (let index = 0; index < count; index++) {
      setTimeout(() => {
        if (--left === 0) resolve();
      }, 0);
    }
  });
}

export function prepare() {
  return async (count) => {
    for (let left = count; left > 0; left -= AT_A_TIME) await fire(Math.min(AT_A_TIME, left));
  };
}
