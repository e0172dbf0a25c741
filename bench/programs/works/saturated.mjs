/** A pool with more tasks than threads: 200 wait at any time. */
import { startPool } from './piscina.mjs';

export const OPERATIONS = 400;

const AT_A_TIME = 200;

export async function prepare() {
  const pool = await startPool();
  return async (count) => {
    let started = 0;
    const lane = async () => {
      while (started++ < count) await pool.run(started);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  };
}
