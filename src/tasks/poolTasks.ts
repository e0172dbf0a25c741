/**
 * What the tasks of worker pools say of themselves: `Piscina.Task` and `Tinypool.Task` are async resources that carry
 * the task's file, name, times and worker. They are the application's objects, so nothing in them is trusted.
 */
import { inspect } from 'node:util';
import type { RawPoolTask } from '../protocol.js';
import { now } from './clock.js';
import { decodeFrames } from './frameText.js';
import type { HandleRecord } from './handleRecord.js';
import { dataOf, isOf } from './ownData.js';

const POOL_TASKS = new Map([
  ['Piscina.Task', 'piscina'],
  ['Tinypool.Task', 'tinypool'],
]);

const TEXT_MAX = 1000;

/** The pool task this record stands for; null when it is none. Never throws. */
export function poolTaskOf(record: HandleRecord, payloadBytes: number): RawPoolTask | null {
  const kind = POOL_TASKS.get(record.type.name);
  const task = record.resource;
  if (kind === undefined || task === undefined) return null;
  const created = numberOf(dataOf(task, 'created'));
  const started = numberOf(dataOf(task, 'started'));
  const isStarted = started !== null && started > 0;
  return {
    kind,
    asyncId: record.asyncId,
    poolId: null,
    file: textOf(dataOf(task, 'filename')),
    name: textOf(dataOf(task, 'name')),
    threadId: threadIdOf(dataOf(dataOf(task, 'workerInfo'), 'worker')),
    queuedMs: created === null ? null : Math.max(0, (isStarted ? started : now()) - created),
    runningMs: isStarted ? Math.max(0, now() - started) : null,
    submittedAt: decodeFrames(record.creation() ?? ''),
    payload: payloadBytes > 0 ? payloadOf(dataOf(task, 'task'), payloadBytes) : null,
  };
}

/** By the runtime's own getter, whatever the application's class says. */
function threadIdOf(worker: unknown): number | null {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  if (!isOf(worker, Worker.prototype)) return null;
  const own = Object.getOwnPropertyDescriptor(Worker.prototype, 'threadId')?.get;
  return numberOf(own === undefined ? dataOf(worker, 'threadId') : own.call(worker));
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, TEXT_MAX) : null;
}

/** Without calling anything of the payload: no getters, no `toJSON`, no custom `inspect`. */
function payloadOf(payload: unknown, bytes: number): string | null {
  try {
    const options = {
      depth: 3,
      maxArrayLength: 20,
      maxStringLength: bytes,
      breakLength: Infinity,
      customInspect: false,
    };
    return inspect(payload, { ...options, getters: false, showProxy: true }).slice(0, bytes);
  } catch {
    return null;
  }
}
