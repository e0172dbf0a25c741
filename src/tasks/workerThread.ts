/** The thread of a worker object that belongs to the application or to a library of its. */
import { dataOf, isOf } from './ownData.js';

/**
 * The thread id of a `Worker`, or of what a library wraps around one (Tinypool's `ThreadWorker`); null for anything else
 * and for a worker that has ended. Asked by the runtime's own getter, whatever the object's class says.
 */
export function threadIdOf(worker: unknown): number | null {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const thread = isOf(worker, Worker.prototype) ? worker : dataOf(worker, 'thread');
  if (!isOf(thread, Worker.prototype)) return null;
  const own = Object.getOwnPropertyDescriptor(Worker.prototype, 'threadId')?.get;
  const threadId: unknown = own === undefined ? dataOf(thread, 'threadId') : own.call(thread);
  return typeof threadId === 'number' && threadId > 0 ? threadId : null;
}
