/** What the stacks of one thread, taken one after another, have in common. */
import type { RawFrame } from '../protocol.js';
import { culprit, formatFrame, originOf } from './frames.js';

type Stack = readonly RawFrame[];

const MACHINERY = new Set([
  'runMicrotasks',
  'runMicrotask',
  'runNextTicks',
  'processTicksAndRejections',
  'process.processTicksAndRejections',
]);

/** Whether the thread was caught between two microtasks or ticks: no frames, or only node's that run them. */
export function isBetweenTasks(stack: Stack): boolean {
  return !hasCode(stack) && (stack.length === 0 || stack.some((frame) => isMachinery(frame)));
}

/** Whether a function of the application or of a package is being run. */
export function hasCode(stack: Stack): boolean {
  return stack.some((frame) => isCall(frame) && ['application', 'package'].includes(originOf(frame)));
}

/**
 * Whether what runs came from the queue of microtasks or ticks. Everything else the loop runs is called by a `node:`
 * function (timers, ports, streams) or by the module loader; a microtask is called by V8, without a frame. The queues may
 * also be worked off between two timers, with the timers' frames below.
 */
export function isEnteredAsTask(stack: Stack): boolean {
  const calls = stack.filter((frame) => isCall(frame));
  const outermost = calls.at(-1);
  return outermost === undefined || calls.some((frame) => isMachinery(frame)) || originOf(outermost) !== 'node';
}

/** The function outside of `node:` that is on every stack, innermost first, in words; null where there is none. */
export function commonFunction(stacks: readonly Stack[]): string | null {
  const [first = [], ...others] = stacks;
  const candidates = first.filter((frame) => frame.kind === 'call' && originOf(frame) !== 'node');
  const common = candidates.filter((frame) =>
    others.every((stack) => stack.some((other) => isSameFunction(frame, other))),
  );
  const named = culprit(common);
  return named === null ? null : formatFrame(named, null);
}

/** Whether all stacks have the same function on top. */
export function hasSameTop(stacks: readonly Stack[]): boolean {
  const [first, ...others] = stacks.map((stack) => stack[0]);
  if (first === undefined) return false;
  return others.every((top) => top !== undefined && isSameFunction(first, top));
}

function isSameFunction(one: RawFrame, other: RawFrame): boolean {
  return one.function === other.function && one.file === other.file;
}

function isCall(frame: RawFrame): boolean {
  return !frame.async && frame.kind === 'call';
}

function isMachinery(frame: RawFrame): boolean {
  return MACHINERY.has(frame.function) && (frame.file === null || frame.file.startsWith('node:internal/process/'));
}
