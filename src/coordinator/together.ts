/**
 * Several waits at once, by `await` alone. `Promise.all` and `Promise.race` call the application's `then`, where it has
 * patched that, and V8 tells nobody who waits for a race or in a callback: this package's own promises are told from the
 * application's tasks by who waits for them.
 */

/** The values of all, or the first rejection; like `Promise.all`. */
export function together<Values extends readonly unknown[]>(promises: {
  [Key in keyof Values]: Promise<Values[Key]>;
}): Promise<Values> {
  return new Promise((resolve, reject) => {
    const values: unknown[] = [];
    let left = promises.length;
    const wait = async (promise: Promise<unknown>, index: number): Promise<void> => {
      try {
        values[index] = await promise;
        if (--left === 0) resolve(values as unknown as Values);
      } catch (error) {
        reject(error);
      }
    };
    for (const [index, promise] of promises.entries()) void wait(promise, index);
  });
}
