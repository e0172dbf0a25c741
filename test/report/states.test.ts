import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cpuUse } from '../../src/report/cpuUse.js';
import { parkedBy, waitsForModuleHooks } from '../../src/report/parked.js';
import { decideState, type StateFacts } from '../../src/report/states.js';
import type { KernelEvidence, ThreadState } from '../../src/report/types.js';

type Frames = StateFacts['answeredStack'];

const ON_CPU = kernel({ state: 'R', cpuTicks: 24, onCpuMs: 244, runDelayMs: 2 });
const ASLEEP = kernel({ syscall: 'futex' });
const STARVED = kernel({ state: 'R', cpuTicks: 1, onCpuMs: 6, runDelayMs: 240 });

const LOOP = stack('inner /app/loop.js', 'spin /app/loop.js', 'listOnTimeout node:internal/timers');
const LOOP_LATER = stack('spin /app/loop.js', 'listOnTimeout node:internal/timers');
const WAIT = stack('Atomics.wait', 'park /app/park.js', 'listOnTimeout node:internal/timers');
const POOL_WAIT = stack(
  'Atomics.wait',
  'atomicsWaitLoop /app/node_modules/piscina/dist/worker.js',
  'onMessage /app/node_modules/piscina/dist/worker.js',
);
const HOOKS_WAIT = stack('wait', 'makeSyncRequest node:internal/modules/esm/hooks', 'go /app/main.mjs');
const TICKS = stack('tick /app/tick.js', 'process.processTicksAndRejections node:internal/process/task_queues');
const BETWEEN_TICKS = stack('process.processTicksAndRejections node:internal/process/task_queues');
const IMMEDIATE = stack('flood /app/flood.js', 'process.processImmediate node:internal/timers');

describe('a thread that answered its port', () => {
  it('is idle or busy by its utilization, and never blocked', () => {
    check({ readBy: 'port', utilization: 0.02 }, 'idle');
    check({ readBy: 'port', utilization: 0.8 }, 'busy');
    check({ readBy: 'port', utilization: null }, 'idle');
    assert.equal(decideState(facts({ readBy: 'port', utilization: 1, turnedAgoMs: 9000 })).blockedForMs, null);
  });
});

describe('a thread that answered the inspector', () => {
  it('is spinning on the CPU with a loop that has not turned, whatever is on top', () => {
    const decision = check(
      { answeredStack: LOOP, stackSamples: [LOOP_LATER, LOOP], turnedAgoMs: 41_000, kernel: ON_CPU },
      'spinning',
    );
    assert.equal(decision.blockedForMs, 41_000);
    assert.match(decision.evidence.join('\n'), /inside spin {2}\/app\/loop\.js:1 in 3 samples/);
    assert.match(decision.evidence.join('\n'), /on a CPU for 244 of 250 ms/);
    assert.match(decision.evidence.join('\n'), /its loop turned 41000 ms ago/);
  });

  it('is unknown, and not stuck, where a debugger holds it: asleep in a lock, and answering all the same', () => {
    const held = { answeredStack: LOOP, stackSamples: [LOOP, LOOP], turnedAgoMs: 9000, kernel: ASLEEP };
    assert.match(check(held, 'unknown').evidence[0] ?? '', /a debugger holds it/);
    check({ ...held, kernel: kernel({ syscall: null, waitChannel: 'futex_wait_queue' }) }, 'unknown');
    check({ ...held, kernel: kernel({ syscall: 'write' }) }, 'native-wait');
    check({ ...held, stackSamples: [LOOP, LOOP_LATER] }, 'native-wait');
    check({ ...held, answeredStack: WAIT, stackSamples: [WAIT] }, 'atomics-wait');
  });

  it('is busy where its loop turned within the last second, or turned between two looks', () => {
    check({ answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 300, kernel: ON_CPU }, 'busy');
    check(
      { answeredStack: IMMEDIATE, stackSamples: [[]], turnedAgoMs: null, loopTurned: true, kernel: ON_CPU },
      'busy',
    );
  });

  it('is idle where it only wakes to be asked, however long it then waits for a CPU', () => {
    const asked = { answeredStack: [], stackSamples: [[]], turnedAgoMs: null, loopTurned: true };
    check({ ...asked, kernel: kernel({ onCpuMs: 9, runDelayMs: 180 }) }, 'idle');
    check({ ...asked, kernel: kernel({ onCpuMs: 60, runDelayMs: 180 }) }, 'busy');
  });

  it('is spinning without a heartbeat only when two samples agree, and says how long it was watched', () => {
    const decision = check(
      { answeredStack: LOOP, stackSamples: [LOOP], instrumented: false, kernel: ON_CPU },
      'spinning',
    );
    assert.equal(decision.blockedForMs, null);
    assert.match(decision.evidence.join('\n'), /watched for 250 ms only/);
    check({ answeredStack: LOOP, instrumented: false, kernel: ON_CPU }, 'busy');
    check({ answeredStack: LOOP, stackSamples: [IMMEDIATE], instrumented: false, kernel: ON_CPU }, 'busy');
    check({ answeredStack: IMMEDIATE, stackSamples: [[], []], instrumented: false, kernel: ON_CPU }, 'busy');
  });

  it('is spinning, as far as stacks tell, where there is no kernel lane', () => {
    check({ answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 5000, kernel: null }, 'spinning');
    check({ answeredStack: [], stackSamples: [[], [], []], instrumented: false, kernel: null }, 'idle');
  });

  it('is in a microtask loop when it is caught between tasks while its loop does not turn', () => {
    check({ answeredStack: [], turnedAgoMs: 5000, kernel: ON_CPU }, 'microtask-loop');
    check({ answeredStack: TICKS, stackSamples: [BETWEEN_TICKS], turnedAgoMs: 5000, kernel: ON_CPU }, 'microtask-loop');
    check(
      { answeredStack: [], stackSamples: [stack('starve /app/a.js')], turnedAgoMs: 5000, kernel: ON_CPU },
      'microtask-loop',
    );
    check({ answeredStack: [], stackSamples: [[], []], instrumented: false, kernel: ON_CPU }, 'microtask-loop');
    check(
      { answeredStack: TICKS, stackSamples: [TICKS], turnedAgoMs: 5000, ticksTurned: true, kernel: ON_CPU },
      'microtask-loop',
    );
  });

  it('is not in a microtask loop when a timer called it, or one empty stack is all there is', () => {
    check({ answeredStack: LOOP, stackSamples: [[]], turnedAgoMs: 5000, kernel: ON_CPU }, 'spinning');
    check(
      { answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 5000, ticksTurned: true, kernel: ON_CPU },
      'spinning',
    );
    check({ answeredStack: [], stackSamples: [[]], instrumented: false, kernel: ON_CPU }, 'busy');
  });

  it('is in Atomics.wait when the application called it, for as long as its loop has not turned', () => {
    assert.equal(
      check({ answeredStack: WAIT, secondStack: WAIT, turnedAgoMs: 4000, kernel: ASLEEP }, 'atomics-wait').blockedForMs,
      4000,
    );
    assert.equal(check({ answeredStack: WAIT, turnedAgoMs: 200, kernel: ASLEEP }, 'atomics-wait').blockedForMs, 200);
    check({ answeredStack: WAIT, secondStack: LOOP, turnedAgoMs: 4000, kernel: ON_CPU }, 'spinning');
  });

  it('is idle when its pool parked it, however old its heartbeat', () => {
    const decision = check(
      { answeredStack: POOL_WAIT, parkedBy: parkedBy(POOL_WAIT), turnedAgoMs: 3_600_000, kernel: ASLEEP },
      'idle',
    );
    assert.equal(decision.blockedForMs, null);
    assert.match(decision.evidence[0] ?? '', /piscina/);
  });

  it('waits for the module hooks thread, and that is named', () => {
    const decision = check(
      { answeredStack: HOOKS_WAIT, secondStack: HOOKS_WAIT, turnedAgoMs: 2000, kernel: ASLEEP },
      'native-wait',
    );
    assert.match(decision.evidence[0] ?? '', /module hooks thread/);
  });

  it('is busy while a task of its pool is young, though its loop never turns between tasks', () => {
    check(
      { answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 900_000, taskRunningMs: 120, kernel: ON_CPU },
      'busy',
    );
    const stuck = check(
      { answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 900_000, taskRunningMs: 12_000, kernel: ON_CPU },
      'spinning',
    );
    assert.equal(stuck.blockedForMs, 12_000);
    const unknown = check(
      { answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 900_000, taskRunningMs: null, kernel: ON_CPU },
      'busy',
    );
    assert.match(unknown.evidence.join('\n'), /nobody knows since when on this task/);
  });

  it('is throttled, never spinning, when it wants to run and gets next to no CPU', () => {
    check({ answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 5000, kernel: STARVED }, 'throttled');
    const waiting = kernel({ state: 'R', cpuTicks: 0, onCpuMs: 0, runDelayMs: 0 });
    check({ answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 600_000, kernel: waiting }, 'throttled');
  });

  it('is spinning with its part of a crowded machine, and where other threads of the process take the rest', () => {
    const fifth = kernel({ state: 'R', cpuTicks: 5, onCpuMs: 50, runDelayMs: 200 });
    const looping = { answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 2000 };
    check({ ...looping, kernel: fifth }, 'spinning');
    check({ ...looping, kernel: STARVED, processCpus: 1.9 }, 'spinning');
    check({ ...looping, kernel: STARVED, processCpus: 0.1 }, 'throttled');
  });

  it('is throttled with little of a quota that is used up most of the time', () => {
    const fifth = kernel({ state: 'R', cpuTicks: 5, onCpuMs: 50, runDelayMs: 200 });
    const looping = { answeredStack: LOOP, stackSamples: [LOOP], turnedAgoMs: 2000, processCpus: 1 };
    check({ ...looping, kernel: fifth, throttledShare: 0.9 }, 'throttled');
    check({ ...looping, kernel: fifth, throttledShare: 0.2 }, 'spinning');
    check({ ...looping, kernel: ON_CPU, throttledShare: 0.9 }, 'spinning');
  });

  it('is in a microtask loop where node runs the tasks, from a queue of its own or between two timers', () => {
    const queued = stack('again /app/a.js', 'runMicrotask node:internal/process/task_queues');
    const between = stack('runMicrotask node:internal/process/task_queues');
    check({ answeredStack: queued, stackSamples: [between], turnedAgoMs: 5000, kernel: ON_CPU }, 'microtask-loop');
    const timers = ['runNextTicks node:internal/process/task_queues', 'processTimers node:internal/timers'];
    const pair = { answeredStack: stack('tick /app/t.js', ...timers), stackSamples: [stack(...timers)] };
    check({ ...pair, turnedAgoMs: 5000, kernel: ON_CPU }, 'microtask-loop');
  });

  it('is in a native wait, or idle, when it has no use for a CPU', () => {
    const reading = kernel({ syscall: 'read', file: 'fd 9 (pipe)' });
    const decision = check(
      { answeredStack: stack('readSync node:fs', 'poll /app/poll.js'), turnedAgoMs: 5000, kernel: reading },
      'native-wait',
    );
    assert.equal(decision.evidence[0], 'waits in read of fd 9 (pipe)');
    check({ answeredStack: [], instrumented: false, kernel: kernel({ syscall: 'epoll_wait' }) }, 'idle');
    check({ answeredStack: [], turnedAgoMs: 5000, kernel: kernel({ syscall: 'epoll_wait' }) }, 'unknown');
  });
});

describe('a thread that answered nobody', () => {
  it('computes in native code when it is on the CPU', () => {
    const decision = check({ readBy: 'kernel', turnedAgoMs: 3000, kernel: ON_CPU, deadlinePassed: true }, 'native-cpu');
    assert.equal(decision.blockedForMs, 3000);
    assert.match(decision.evidence[0] ?? '', /neither its port nor the inspector before the deadline/);
  });

  it('waits in the call that the kernel names', () => {
    const opening = kernel({ syscall: 'openat', file: '/tmp/fifo' });
    assert.equal(
      check({ readBy: 'kernel', turnedAgoMs: 3000, kernel: opening }, 'native-wait').evidence[0],
      'waits in open of /tmp/fifo',
    );
  });

  it('waits for its child in a nested loop, since its own loop would have answered', () => {
    const child = kernel({ syscall: 'epoll_pwait', file: 'child process 9 (sleep 6)' });
    const decision = check({ readBy: 'kernel', turnedAgoMs: 3000, kernel: child }, 'native-wait');
    assert.equal(decision.evidence[0], 'waits for child process 9 (sleep 6)');
    assert.match(decision.evidence.join('\n'), /spawnSync and execSync/);
    check({ readBy: 'kernel', turnedAgoMs: 3000, kernel: kernel({ syscall: 'epoll_pwait' }) }, 'native-wait');
  });

  it('is not accused where the inspector could not be asked', () => {
    const unasked = { readBy: 'kernel', inspectorReached: false, instrumented: false } as const;
    check({ ...unasked, kernel: kernel({ syscall: 'epoll_wait' }) }, 'idle');
    check({ ...unasked, kernel: ON_CPU }, 'unknown');
    check({ ...unasked, kernel: ASLEEP }, 'unknown');
    check({ ...unasked, kernel: kernel({ syscall: 'read', file: 'fd 3 (pipe)' }) }, 'native-wait');
  });

  it('is throttled when it wants to run and is not let', () => {
    check({ readBy: 'kernel', turnedAgoMs: 3000, kernel: STARVED }, 'throttled');
  });

  it('is unknown when it is stopped, and when there is no kernel lane either', () => {
    check({ readBy: 'kernel', turnedAgoMs: 3000, kernel: kernel({ state: 'T' }) }, 'unknown');
    assert.equal(check({ readBy: 'none', turnedAgoMs: 3000, kernel: null }, 'unknown').blockedForMs, 3000);
  });

  it('says its phase besides its state', () => {
    assert.match(decide('starting'), /still starting/);
    assert.match(decide('exiting'), /exit handlers/);
  });
});

describe('parked threads', () => {
  it('are parked by the nearest caller of the wait, when nobody else is on the stack', () => {
    assert.equal(parkedBy(POOL_WAIT), 'piscina');
    assert.equal(
      parkedBy(
        stack(
          'Atomics.wait',
          'atomicsWaitLoop file:///app/node_modules/.pnpm/tinypool@2/node_modules/tinypool/dist/entry/worker.js',
          ' file:///app/node_modules/.pnpm/tinypool@2/node_modules/tinypool/dist/entry/worker.js',
        ),
      ),
      'tinypool',
    );
    assert.equal(parkedBy(stack('wait', 'waitForWorker node:internal/modules/esm/worker')), 'module hooks');
  });

  it('are not parked where the application, or a package it called, waits by way of the library', () => {
    assert.equal(parkedBy(WAIT), null);
    assert.equal(
      parkedBy(stack('Atomics.wait', 'sendToWorker /app/node_modules/synckit/lib/index.js', 'lint /app/src/lint.js')),
      null,
    );
    assert.equal(
      parkedBy(
        stack(
          'Atomics.wait',
          'flushSync /app/node_modules/thread-stream/index.js',
          'flush /app/node_modules/pino/pino.js',
        ),
      ),
      null,
    );
    assert.equal(
      parkedBy(stack('Atomics.wait', 'onJob /app/src/worker.js', 'onMessage /app/node_modules/piscina/dist/worker.js')),
      null,
    );
    assert.equal(parkedBy(stack('Atomics.wait', 'own /app/node_modules/other/pool.js')), null);
    assert.equal(parkedBy(LOOP), null);
    assert.equal(parkedBy([]), null);
  });

  it('are told from a function of the application that is called wait', () => {
    assert.equal(
      parkedBy(stack('wait /app/node_modules/piscina/dist/worker.js', 'x /app/node_modules/piscina/dist/worker.js')),
      null,
    );
    check({ answeredStack: stack('wait /app/wait.js'), turnedAgoMs: 5000, kernel: ON_CPU }, 'spinning');
  });

  it('are told from main waiting for the module hooks', () => {
    assert.equal(waitsForModuleHooks(HOOKS_WAIT), true);
    assert.equal(parkedBy(HOOKS_WAIT), null);
    assert.equal(waitsForModuleHooks(WAIT), false);
  });
});

describe('the use of the CPU', () => {
  it('is decided by ticks where there is no schedstat, and by the letter where there is one sample', () => {
    assert.equal(cpuUse(kernel({ state: 'S', cpuTicks: 20, onCpuMs: null, runDelayMs: null })).kind, 'runs');
    assert.equal(cpuUse(kernel({ state: 'S', cpuTicks: 0, onCpuMs: null, runDelayMs: null })).kind, 'waits');
    assert.equal(cpuUse(kernel({ state: 'R', sampleMs: 0 })).kind, 'runs');
    assert.equal(cpuUse(kernel({ state: 'S', sampleMs: 0 })).kind, 'waits');
    assert.equal(cpuUse(kernel({ state: 't' })).kind, 'stopped');
  });
});

function check(part: Partial<StateFacts>, expected: ThreadState): ReturnType<typeof decideState> {
  const decision = decideState(facts(part));
  assert.equal(decision.state, expected, decision.evidence.join('; '));
  assert.ok(decision.evidence.length > 0 && decision.evidence.every((line) => line !== ''));
  return decision;
}

function facts(part: Partial<StateFacts>): StateFacts {
  return {
    role: 'worker',
    readBy: 'inspector',
    instrumented: true,
    answeredStack: [],
    secondStack: part.stackSamples?.at(-1) ?? null,
    stackSamples: [],
    kernel: null,
    turnedAgoMs: null,
    utilization: null,
    parkedBy: null,
    phase: 'running',
    deadlinePassed: false,
    ...part,
  };
}

function kernel(part: Partial<KernelEvidence>): KernelEvidence {
  return {
    state: 'S',
    cpuTicks: 0,
    sampleMs: 250,
    waitChannel: null,
    syscall: null,
    file: null,
    onCpuMs: 0,
    runDelayMs: 0,
    contextSwitches: { voluntary: 0, forced: 3 },
    ...part,
  };
}

/** Frames as `function file`; without a file it is a built-in of V8. */
function stack(...frames: string[]): Frames {
  return frames.map((text) => {
    const [name = '', file = null] = text.split(' ');
    return { function: name, file, line: file === null ? null : 1, column: 1, async: false, kind: 'call' };
  });
}

const decide = (phase: StateFacts['phase']): string =>
  decideState(facts({ phase, readBy: 'kernel', kernel: ON_CPU })).evidence.at(-1) ?? '';
