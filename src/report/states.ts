/** What state a thread is in, from what its lanes brought; each state with the evidence it was decided by. */
import type { RawFrame } from '../protocol.js';
import { AT_BREAKPOINT, isAtBreakpoint } from './breakpoint.js';
import { cpuUse, type CpuUse } from './cpuUse.js';
import { isEventWait, isLockWait, waitText } from './nativeWait.js';
import { isAtomicsWait, THIS_REPORT, waitsForModuleHooks } from './parked.js';
import { commonFunction, hasSameTop, isBetweenTasks, isEnteredAsTask } from './stackFacts.js';
import { THRESHOLDS } from './thresholds.js';
import type { KernelEvidence, Lane, ThreadPhase, ThreadRole, ThreadState } from './types.js';

export interface StateFacts {
  role: ThreadRole;
  readBy: Lane;
  instrumented: boolean;
  /** The stack of the first answer, most recent call first. */
  answeredStack: readonly RawFrame[];
  /** The last stack taken, for suspects. */
  secondStack: readonly RawFrame[] | null;
  /** All stacks taken after the first. */
  stackSamples: readonly (readonly RawFrame[])[];
  kernel: KernelEvidence | null;
  /** Since its loop last turned, as its heartbeat tells; null without one. */
  turnedAgoMs: number | null;
  utilization: number | null;
  /** The library that parked it in `Atomics.wait`, see `parkedBy`; or `THIS_REPORT`. */
  parkedBy: string | null;
  phase: ThreadPhase;
  deadlinePassed: boolean;
  /**
   * For a worker of a pool: how long its current task runs, null where that is not known. Some pools' loops never turn
   * between tasks, so that a heartbeat alone would call a healthy worker stuck. Leave it out for other threads.
   */
  taskRunningMs?: number | null;
  /** Whether the loop turned between two looks (`uvMetricsInfo.loopCount`); leave it out where nobody looked. */
  loopTurned?: boolean | null;
  /** Whether it was seen in two different ticks or callbacks (`executionAsyncId`); leave it out where nobody looked. */
  ticksTurned?: boolean;
  /** Share of the scheduler's periods in which the control group was throttled; leave it out where nobody knows. */
  throttledShare?: number | null;
  /** CPUs that the watched threads of the process had together; leave it out where nobody knows. */
  processCpus?: number | null;
  /** False when the inspector could not be asked at all, so that silence on it means nothing; true when left out. */
  inspectorReached?: boolean;
}

export interface StateDecision {
  state: ThreadState;
  /** How long its loop has not turned, ms; null when it turns or nobody knows. */
  blockedForMs: number | null;
  evidence: string[];
}

type Decided = { state: ThreadState; evidence: string[] };

/** The state, how long the loop has not turned, and the facts that decided it, one a line. */
export function decideState(facts: StateFacts): StateDecision {
  const { state, evidence } = facts.readBy === 'port' ? byPort(facts) : byOtherLanes(facts);
  const isBlocked = state !== 'idle' && state !== 'busy';
  return {
    state,
    blockedForMs: isBlocked ? notTurnedMs(facts) : null,
    evidence: [...evidence, ...(isBlocked ? heartbeatLines(facts) : []), ...phaseLines(facts)],
  };
}

function byPort(facts: StateFacts): Decided {
  const { utilization } = facts;
  if (utilization === null) return { state: 'idle', evidence: ['answered on its port: its loop turns'] };
  const state = utilization > THRESHOLDS.busyUtilization ? 'busy' : 'idle';
  return { state, evidence: [`answered on its port, event loop utilization ${Math.round(utilization * 100)}%`] };
}

function byOtherLanes(facts: StateFacts): Decided {
  const cpu = facts.kernel === null ? null : cpuUse(facts.kernel);
  if (facts.readBy === 'inspector') return waiting(facts) ?? turning(facts, cpu) ?? running(facts, cpu);
  return silent(facts, cpu);
}

/** Threads whose stack says that they wait. */
function waiting(facts: StateFacts): Decided | null {
  const { answeredStack, secondStack } = facts;
  if (facts.parkedBy === THIS_REPORT) {
    const why =
      'held by this report, until it is written, after an uncaught exception: its stack is in the section Crash';
    return { state: 'idle', evidence: [why] };
  }
  if (facts.parkedBy !== null) return { state: 'idle', evidence: [`parked by ${facts.parkedBy}: waits for work`] };
  if (!isAtomicsWait(answeredStack[0]) || (secondStack !== null && !isAtomicsWait(secondStack[0]))) return null;
  const looks = secondStack === null ? 'seen once' : 'in 2 samples';
  if (waitsForModuleHooks(answeredStack)) {
    return {
      state: 'native-wait',
      evidence: [`waits for the module hooks thread to resolve or load a module (${looks})`],
    };
  }
  return { state: 'atomics-wait', evidence: [`Atomics.wait on top of its stack (${looks})`] };
}

/** Threads that did not answer in time, and turn their loop all the same. */
function turning(facts: StateFacts, cpu: CpuUse | null): Decided | null {
  const turnedAgoMs = notTurnedMs(facts);
  const isRecent = turnedAgoMs !== null && turnedAgoMs < THRESHOLDS.turnedRecentlyMs;
  if (facts.loopTurned !== true && !isRecent) return null;
  // On a crowded machine it waits for a CPU whenever it is asked something.
  const isQuiet = cpu?.kind === 'waits' || (cpu?.share ?? 1) < THRESHOLDS.quietCpuShare;
  const isIdle = allStacks(facts).every((stack) => stack.length === 0) && isQuiet;
  const why = facts.loopTurned === true ? 'its loop turned between two looks' : recentLine(facts, turnedAgoMs ?? 0);
  return { state: isIdle ? 'idle' : 'busy', evidence: withCpu([why], cpu) };
}

/** Threads that gave a stack, and whose loop is not known to turn. */
function running(facts: StateFacts, cpu: CpuUse | null): Decided {
  if (isStarved(facts, cpu)) return { state: 'throttled', evidence: withCpu(['wants to run and is not let'], cpu) };
  if (cpu?.kind === 'waits') return offCpu(facts, cpu);
  const tasks = microtaskEvidence(facts, cpu);
  if (tasks !== null) return { state: 'microtask-loop', evidence: withCpu([tasks], cpu) };
  return inJavaScript(facts, cpu);
}

function inJavaScript(facts: StateFacts, cpu: CpuUse | null): Decided {
  const stacks = allStacks(facts);
  const common = commonFunction(stacks);
  const evidence = withCpu([stackLine(stacks, common)], cpu);
  if (facts.taskRunningMs === null) {
    return { state: 'busy', evidence: [...evidence, 'works for its pool: nobody knows since when on this task'] };
  }
  if (isKnownNotToTurn(facts)) return { state: 'spinning', evidence };
  if (cpu === null && stacks.every((stack) => stack.length === 0)) return { state: 'idle', evidence };
  if (stacks.length < 2 || common === null) {
    return { state: 'busy', evidence: [...evidence, 'no heartbeat tells whether its loop turns'] };
  }
  return { state: 'spinning', evidence: [...evidence, seenFor(facts)] };
}

/** A stack, but no use of the CPU: between two waits of synchronous calls, or nothing to do. */
function offCpu(facts: StateFacts, cpu: CpuUse): Decided {
  const stacks = allStacks(facts);
  if (stacks.every((stack) => stack.length === 0)) {
    const state = notTurnedMs(facts) === null ? 'idle' : 'unknown';
    return { state, evidence: withCpu(['no JavaScript on its stack'], cpu) };
  }
  if (isAtBreakpoint(stacks, facts.kernel)) return { state: 'unknown', evidence: withCpu([AT_BREAKPOINT], cpu) };
  const wait = facts.kernel === null ? [] : [waitText(facts.kernel)];
  return { state: 'native-wait', evidence: withCpu([...wait, stackLine(stacks, commonFunction(stacks))], cpu) };
}

/** Threads that no lane could ask: inside native code, as far as the kernel knows. */
function silent(facts: StateFacts, cpu: CpuUse | null): Decided {
  const { kernel, inspectorReached = true } = facts;
  const asked = inspectorReached
    ? `answered neither its port nor the inspector${facts.deadlinePassed ? ' before the deadline' : ''}`
    : 'did not answer its port, and the inspector could not be asked';
  if (kernel === null || cpu === null) return { state: 'unknown', evidence: [asked, 'the kernel lane was not there'] };
  if (cpu.kind === 'stopped') return { state: 'unknown', evidence: [cpu.evidence] };
  if (isStarved(facts, cpu)) return { state: 'throttled', evidence: withCpu(['wants to run and is not let'], cpu) };
  if (cpu.kind === 'runs') {
    if (inspectorReached) return { state: 'native-cpu', evidence: withCpu([asked], cpu) };
    return { state: 'unknown', evidence: withCpu([asked, 'in JavaScript or in native code, nobody can say'], cpu) };
  }
  return silentWait(facts, kernel, asked, inspectorReached);
}

function silentWait(facts: StateFacts, kernel: KernelEvidence, asked: string, inspectorReached: boolean): Decided {
  const evidence = [waitText(kernel), asked];
  const turnedAgoMs = notTurnedMs(facts);
  const isEvents = isEventWait(kernel.syscall) && kernel.file === null;
  if (isEvents && turnedAgoMs !== null && turnedAgoMs < THRESHOLDS.turnedRecentlyMs) return { state: 'idle', evidence };
  if (isEvents && !inspectorReached && turnedAgoMs === null) return { state: 'idle', evidence };
  if (isLockWait(kernel.syscall) && !inspectorReached) {
    return { state: 'unknown', evidence: [...evidence, 'it may be Atomics.wait or a lock of native code'] };
  }
  // An idle loop is woken by a question; the loop that spawnSync and execSync run inside of a call is not.
  if (isEventWait(kernel.syscall))
    evidence.push('in an event loop inside a call, as spawnSync and execSync run one: its own would have answered');
  return { state: 'native-wait', evidence };
}

/** The fact that shows an endless chain of microtasks or ticks; null where nothing does. */
function microtaskEvidence(facts: StateFacts, cpu: CpuUse | null): string | null {
  const stacks = allStacks(facts);
  if (!stacks.every((stack) => isEnteredAsTask(stack))) return null;
  if (facts.ticksTurned === true && isKnownNotToTurn(facts))
    return 'one tick follows another while its loop does not turn';
  const between = stacks.filter((stack) => isBetweenTasks(stack)).length;
  if (between === 0) return null;
  if (!isKnownNotToTurn(facts) && (stacks.length < THRESHOLDS.emptyStacks || cpu?.kind !== 'runs')) return null;
  return `no frames but those of microtasks or ticks in ${between} of ${stacks.length} samples`;
}

/**
 * Whether something else than the process keeps the thread from a CPU. One that gets its part of a crowded machine is not
 * starved, and neither is one that other threads of the same process leave nothing.
 */
function isStarved({ throttledShare, processCpus }: StateFacts, cpu: CpuUse | null): boolean {
  if (cpu === null || cpu.share === null || cpu.kind === 'waits') return false;
  const isThrottled = (throttledShare ?? 0) >= THRESHOLDS.heavilyThrottledShare;
  if (isThrottled && cpu.share < THRESHOLDS.onCpuShare) return true;
  return cpu.kind === 'starves' && (processCpus ?? 0) < THRESHOLDS.ownCpus;
}

function isKnownNotToTurn(facts: StateFacts): boolean {
  return notTurnedMs(facts) !== null || facts.loopTurned === false;
}

/** How long the loop has not turned, or the pool's task has run where that is shorter; null when nobody knows. */
function notTurnedMs({ turnedAgoMs, taskRunningMs }: StateFacts): number | null {
  if (taskRunningMs === undefined || turnedAgoMs === null) return turnedAgoMs;
  return taskRunningMs === null ? null : Math.min(turnedAgoMs, taskRunningMs);
}

function allStacks(facts: StateFacts): (readonly RawFrame[])[] {
  const isSampled = facts.secondStack !== null && !facts.stackSamples.includes(facts.secondStack);
  return [
    facts.answeredStack,
    ...facts.stackSamples,
    ...(isSampled && facts.secondStack !== null ? [facts.secondStack] : []),
  ];
}

function stackLine(stacks: readonly (readonly RawFrame[])[], common: string | null): string {
  if (stacks.every((stack) => stack.length === 0)) return 'no JavaScript on its stack';
  if (stacks.length === 1) return common === null ? 'one sample of its stack' : `in ${common} in one sample`;
  if (hasSameTop(stacks)) return `same function on top in ${stacks.length} samples`;
  return common === null
    ? `no function in common in ${stacks.length} samples`
    : `inside ${common} in ${stacks.length} samples`;
}

function seenFor(facts: StateFacts): string {
  const sampleMs = facts.kernel?.sampleMs ?? 0;
  const time = sampleMs > 0 ? ` for ${Math.round(sampleMs)} ms` : '';
  return `watched${time} only: no heartbeat tells how long it has been so`;
}

function recentLine(facts: StateFacts, turnedAgoMs: number): string {
  const ago = Math.round(turnedAgoMs);
  const isTask = typeof facts.taskRunningMs === 'number' && facts.taskRunningMs === turnedAgoMs;
  return isTask ? `its pool's task has run for ${ago} ms` : `its loop turned ${ago} ms ago`;
}

function withCpu(lines: string[], cpu: CpuUse | null): string[] {
  return [...lines, cpu === null ? 'no kernel evidence' : cpu.evidence];
}

function heartbeatLines(facts: StateFacts): string[] {
  const turnedAgoMs = notTurnedMs(facts);
  if (turnedAgoMs !== null) return [recentLine(facts, turnedAgoMs)];
  return facts.loopTurned === false ? ['its loop did not turn between two looks'] : [];
}

function phaseLines({ phase }: StateFacts): string[] {
  if (phase === 'starting') return ['still starting: its entry module has not finished'];
  return phase === 'exiting' ? ['exiting: its exit handlers run'] : [];
}
