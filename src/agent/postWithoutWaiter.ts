/**
 * A message to another thread that leaves nobody waiting. `postMessageToThread` waits for its answer by `Atomics.waitAsync`, and
 * V8 wakes such a waiter by a task for its thread. When that thread is just ending, Node 20 posts the task to a loop that is
 * gone (`uv_async_send(NULL)` in `PerIsolatePlatformData::PostTask`, which looks and sends without a lock), and the whole
 * process dies of it: 3 of 1,000 workers that ended right after they had introduced themselves took it along.
 *
 * Node 20 asks the global `Atomics` for it, at once, so for that one call it finds an answer there instead of a waiter. Later
 * lines took theirs at their start, and get a waiter as ever: none of 1,400 such workers took 22, 24 or 26 along.
 */
import { postMessageToThread, type Transferable } from 'node:worker_threads';

/** Called where a thread knows `postMessageToThread`. Rejects where it is known that the message did not arrive. */
export function postWithoutWaiter(threadId: number, message: unknown, transfer: Transferable[]): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(Atomics, 'waitAsync');
  if (before?.configurable !== true) return postMessageToThread(threadId, message, transfer);
  Object.defineProperty(Atomics, 'waitAsync', { value: answered, configurable: true });
  try {
    return postMessageToThread(threadId, message, transfer);
  } finally {
    Object.defineProperty(Atomics, 'waitAsync', before);
  }
}

/** What `Atomics.waitAsync` gives a waiter, here one that was woken at once. */
function answered(): object {
  return { async: true, value: Promise.resolve('ok') };
}
