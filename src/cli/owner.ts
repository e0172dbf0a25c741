/** Root acts as the process's own user: what it makes is theirs, and a trap in their folder catches nobody else. */
import { GuruError, messageOf } from '../errors.js';

interface Owner {
  uid: number;
  gid: number;
}

/** Runs `work`, which must be synchronous, as this user; as oneself where that is the same. */
export function asOwner<Result>({ uid, gid }: Owner, work: () => Result): Result {
  const own = { uid: process.geteuid?.() ?? uid, gid: process.getegid?.() ?? gid };
  if (own.uid !== 0 || uid === 0) return work();
  try {
    process.setegid?.(gid);
    process.seteuid?.(uid);
  } catch (cause) {
    process.setegid?.(own.gid);
    throw new GuruError('GMR_TARGET', `cannot act as user ${uid}: ${messageOf(cause)}`, { cause });
  }
  try {
    return work();
  } finally {
    process.seteuid?.(own.uid);
    process.setegid?.(own.gid);
  }
}
