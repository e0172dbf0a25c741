import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spokenTime } from '../../src/report/durations.js';
import type {
  Frame,
  PoolReport,
  PoolTask,
  TaskGroup,
  ThreadReport,
  Verdict,
  VerdictCode,
} from '../../src/report/types.js';
import type { Unjudged } from '../../src/report/verdictParts.js';
import { findLeaks, findVerdicts } from '../../src/report/verdicts.js';

const RENDER = frame('renderTable', '/app/src/pdf/table.ts', 118);
const KERNEL = {
  state: 'S',
  cpuTicks: 0,
  sampleMs: 250,
  waitChannel: null,
  syscall: null,
  file: null,
  onCpuMs: 0,
  runDelayMs: 0,
  contextSwitches: null,
};

describe('verdicts on threads', () => {
  it('names who, where, how long, what it runs and who submitted that, in one sentence', () => {
    const verdict = only({
      threads: [
        worker(3, {
          state: 'spinning',
          blockedForMs: 41_200,
          pool: 'pdf-render',
          stack: [RENDER],
          evidence: ['same frame'],
        }),
      ],
      pools: [
        pool({
          busy: 1,
          running: [
            poolTask({ runningMs: 41_200, submittedAt: [frame('postInvoice', '/app/src/routes/invoice.ts', 40)] }),
          ],
        }),
      ],
    });
    assert.equal(
      verdict.text,
      'worker 3 of pool pdf-render spins for 41 s in renderTable  src/pdf/table.ts:118, running renderPdf, submitted by postInvoice  src/routes/invoice.ts:40',
    );
    assert.deepEqual(
      [verdict.code, verdict.severity, verdict.basis, verdict.forMs],
      ['thread-spinning', 'critical', 'measured', 41_200],
    );
    assert.equal(verdict.since, '2026-11-22T03:06:29.800Z');
    assert.deepEqual(verdict.frame, RENDER);
    assert.deepEqual(verdict.evidence, ['same frame', 'inferred: an endless loop (it may be a very long one)']);
    assert.equal(verdict.next.at(-1), 'a restart loses 0 queued and 1 running tasks of this process');
  });

  it('gives each stuck state its code', () => {
    const expected: [ThreadReport['state'], VerdictCode][] = [
      ['spinning', 'thread-spinning'],
      ['microtask-loop', 'thread-microtask-loop'],
      ['atomics-wait', 'thread-atomics-wait'],
      ['native-cpu', 'thread-native-cpu'],
      ['native-wait', 'thread-native-wait'],
    ];
    for (const [state, code] of expected)
      assert.equal(only({ threads: [main({ state, blockedForMs: 5000 })] }).code, code);
  });

  it('says nothing of idle and busy threads, parked helpers and our own thread', () => {
    const threads = [
      main({ state: 'busy' }),
      worker(1, { state: 'idle', pool: 'pdf-render' }),
      worker(2, { state: 'atomics-wait', blockedForMs: 90_000, role: 'helper', helper: 'logging' }),
      worker(4, { state: 'spinning', blockedForMs: 90_000, role: 'sentinel' }),
    ];
    assert.deepEqual(findVerdicts(report({ threads })), []);
  });

  it('takes less than a second for a note at most, and a thread for stuck from then on', () => {
    assert.equal(only({ threads: [main({ state: 'spinning', blockedForMs: 600 })] }).severity, 'info');
    assert.equal(only({ threads: [main({ state: 'spinning', blockedForMs: 1200 })] }).severity, 'critical');
    assert.equal(only({ threads: [worker(1, { state: 'spinning', blockedForMs: 1200 })] }).severity, 'critical');
    assert.equal(only({ threads: [worker(1, { state: 'atomics-wait', blockedForMs: 99_000 })] }).severity, 'warning');
    assert.deepEqual(
      findVerdicts(report({ threads: [worker(1, { state: 'native-cpu', blockedForMs: 600, pool: 'p' })] })),
      [],
    );
  });

  it('takes no healthy worker of a pool for stuck, though its loop has not turned for an hour', () => {
    const threads = [worker(3, { state: 'spinning', blockedForMs: 3_600_000, pool: 'pdf-render' })];
    const running = [poolTask({ runningMs: 80 })];
    assert.deepEqual(findVerdicts(report({ threads, pools: [pool({ busy: 1, running })] })), []);
  });

  it('infers where nobody knows for how long', () => {
    const verdict = only({ threads: [worker(1, { state: 'spinning', instrumented: false, stack: [RENDER] })] });
    assert.deepEqual(
      [verdict.basis, verdict.severity, verdict.forMs, verdict.since],
      ['inferred', 'warning', null, null],
    );
  });

  it('says what a native wait waits for', () => {
    const kernel = { ...KERNEL, syscall: 'epoll_pwait', file: 'child process 9 (sleep 6)' };
    const verdict = only({ threads: [main({ state: 'native-wait', blockedForMs: 4100, kernel })] });
    assert.equal(verdict.text, 'main waits for child process 9 (sleep 6) for 4.1 s');
    assert.deepEqual(verdict.waitsFor, { kind: 'child-process', what: 'child process 9 (sleep 6)' });
    const pipe = only({
      threads: [
        main({
          state: 'native-wait',
          blockedForMs: 4100,
          kernel: { ...KERNEL, syscall: 'write', file: 'fd 1 (pipe)' },
        }),
      ],
    });
    assert.equal(pipe.text, 'main waits in write of fd 1 (pipe) for 4.1 s');
  });

  it('infers from the kernel alone where a thread is unknown, and does not accuse one that is stopped', () => {
    assert.deepEqual([unknown('R', 25)[0]?.code, unknown('R', 25)[0]?.basis], ['thread-spinning', 'inferred']);
    assert.equal(unknown('S', 0)[0]?.code, 'thread-native-wait');
    assert.deepEqual(unknown('T', 0), []);
  });

  it('says out of memory, not spinning, for a thread at its heap limit', () => {
    const heap = { used: 98_000_000, limit: 100_000_000 };
    const verdict = only({ threads: [worker(1, { state: 'spinning', blockedForMs: 20_000, heap, stack: [RENDER] })] });
    assert.deepEqual([verdict.code, verdict.severity, verdict.basis], ['thread-out-of-memory', 'critical', 'inferred']);
    assert.equal(only({ threads: [main({ state: 'busy', heap })] }).severity, 'warning');
    assert.deepEqual(findVerdicts(report({ threads: [main({ state: 'idle', heap })] })), []);
  });

  it("names an application frame, never node's where there is another", () => {
    const node = frame('processTicksAndRejections', 'node:internal/process/task_queues', 77);
    const hot = [{ frame: RENDER, share: 0.9 }];
    const verdict = only({ threads: [main({ state: 'microtask-loop', blockedForMs: 5000, stack: [node], hot })] });
    assert.deepEqual(verdict.frame, RENDER);
    assert.ok(verdict.evidence.includes('90% of stack samples in renderTable  src/pdf/table.ts:118'));
  });
});

describe('the deadlock verdict', () => {
  const park = frame('park', '/app/bridge.js', 7);

  it('says that main waits for a worker that is stuck itself, and calls it inferred', () => {
    const threads = [
      main({ state: 'atomics-wait', blockedForMs: 9000, stack: [park] }),
      worker(2, { state: 'spinning', blockedForMs: 8000, stack: [RENDER] }),
      worker(5, { state: 'idle' }),
    ];
    const [first, ...others] = findVerdicts(report({ threads }));
    assert.deepEqual(
      [first?.code, first?.severity, first?.basis, first?.threadId],
      ['deadlock', 'critical', 'inferred', 0],
    );
    assert.equal(first?.waitsFor?.what, 'worker 2');
    assert.equal(
      first?.text,
      'main waits in Atomics.wait for 8 s in park  bridge.js:7, probably for worker 2, which is spinning in renderTable  src/pdf/table.ts:118',
    );
    assert.deepEqual(others.map(({ code }) => code).sort(), ['thread-atomics-wait', 'thread-spinning']);
  });

  it('is not there when nobody else is stuck', () => {
    assert.deepEqual(
      codes({ threads: [main({ state: 'atomics-wait', blockedForMs: 9000 }), worker(1, { state: 'busy' })] }),
      ['thread-atomics-wait'],
    );
  });

  it('warns of two workers that are parked at different places, and not of many at one', () => {
    const two = findVerdicts(report({ threads: [main({}), parked(1, 3), parked(2, 8)] })).find(
      ({ code }) => code === 'deadlock',
    );
    assert.deepEqual([two?.severity, two?.basis], ['warning', 'inferred']);
    assert.ok(!codes({ threads: [main({}), parked(1, 3), parked(2, 3), parked(4, 3)] }).includes('deadlock'));
  });

  it('says that main waits for the module hooks thread when that one is stuck', () => {
    const hooks: Frame[] = [
      { ...frame('wait', '', 0), file: null, line: null },
      frame('makeSyncRequest', 'node:internal/modules/esm/hooks', 674),
      frame('go', '/app/main.mjs', 1),
    ];
    const threads = [
      main({ state: 'native-wait', blockedForMs: 5000, stack: hooks }),
      worker(1, { role: 'helper', helper: 'module hooks', state: 'spinning', blockedForMs: 5000, stack: [RENDER] }),
    ];
    const [first] = findVerdicts(report({ threads }));
    assert.deepEqual([first?.code, first?.waitsFor?.what], ['deadlock', 'module hooks thread 1']);
    assert.equal(only({ threads: threads.slice(0, 1) }).waitsFor?.what, 'module hooks thread');
  });
});

describe('verdicts on what queues and what is short', () => {
  it('says that a pool is saturated, where its tasks wait, and how many workers move', () => {
    const verdict = only({
      pools: [
        pool({
          busy: 2,
          threadIds: [1, 2],
          queued: 512,
          oldestQueuedMs: 41_100,
          queuedAt: [{ count: 512, stack: [frame('render', '/app/src/pool.ts', 71)] }],
        }),
      ],
    });
    assert.deepEqual([verdict.code, verdict.severity], ['pool-saturated', 'warning']);
    assert.equal(verdict.text, '512 tasks queue for pool pdf-render, the oldest for 41 s');
    assert.deepEqual(verdict.evidence, [
      '2 of 2 workers taken: 0 stuck, 2 making progress',
      'all 512 wait at render  src/pool.ts:71',
    ]);
  });

  it('says that a pool is stalled when all its workers are stuck, or idle while tasks wait', () => {
    const threads = [1, 2].map((id) => worker(id, { state: 'spinning', blockedForMs: 41_000, pool: 'pdf-render' }));
    const stuck = findVerdicts(
      report({ threads, pools: [pool({ busy: 2, threadIds: [1, 2], queued: 3, oldestQueuedMs: 9000 })] }),
    );
    assert.equal(stuck.find(({ code }) => code === 'pool-stalled')?.severity, 'critical');
    assert.equal(
      only({ pools: [pool({ idle: 2, threadIds: [1, 2], queued: 1, oldestQueuedMs: 9000 })] }).code,
      'pool-stalled',
    );
  });

  it('says nothing of a queue that is young or empty', () => {
    assert.deepEqual(codes({ pools: [pool({ busy: 2, threadIds: [1, 2], queued: 50, oldestQueuedMs: 300 })] }), []);
    assert.deepEqual(codes({ pools: [pool({ idle: 2, threadIds: [1, 2] })] }), []);
  });

  it('says of a pool without workers that none is left', () => {
    const verdict = only({ pools: [pool({ threadIds: [], queued: 3, oldestQueuedMs: 9000 })] });
    assert.equal(verdict.text, '3 tasks queue for pool pdf-render, the oldest for 9 s, and it has no workers');
    assert.match(verdict.evidence.join(), /none of its workers is left/);
  });

  it('accuses a worker before it tells who queues behind it, and one that has had its task for long as any other', () => {
    const early = findVerdicts(report({ threads: inWait(3000), pools: [withQueue(3000)] }));
    assert.deepEqual(
      early.map(({ code, severity }) => `${code} ${severity}`),
      ['thread-atomics-wait warning', 'pool-saturated warning'],
    );
    const late = findVerdicts(report({ threads: inWait(41_000), pools: [withQueue(41_000)] }));
    assert.deepEqual(
      late.map(({ code, severity }) => `${code} ${severity}`),
      ['thread-atomics-wait critical', 'pool-stalled critical'],
    );
  });

  it('names the longest of the tasks that a worker has, with labels, and counts the others', () => {
    const running = [
      poolTask({ task: 'young', runningMs: 30 }),
      poolTask({
        task: 'default',
        file: '/app/src/render.js',
        runningMs: 41_000,
        labels: { tenant: '17', a: 'b', c: 'd', e: 'f' },
      }),
      poolTask({ task: 'other', runningMs: null }),
    ];
    const threads = [worker(3, { state: 'spinning', blockedForMs: 60_000, pool: 'p' })];
    const { text, forMs } = only({ threads, pools: [pool({ busy: 1, running })] });
    assert.match(text, /, running default of render\.js \(tenant=17, a=b, c=d, 1 more\), and 2 more tasks$/);
    assert.equal(forMs, 41_000);
  });

  it('says that the libuv pool is busy when all of it is, and only then', () => {
    assert.deepEqual([native(4), native(3), native(0), native(null)], [['libuv-pool-busy'], [], [], []]);
  });

  it('says throttled for a quota that is met often, or a thread that is not let, and spinning for neither', () => {
    const container = { cpuQuota: 0.5, throttledShare: 0.6, memoryCurrent: null, memoryMax: null, oomKills: null };
    const quota = only({ process: { container } });
    assert.deepEqual(
      [quota.code, quota.severity, quota.text],
      [
        'cpu-throttled',
        'critical',
        'the process wants to run and is not let, throttled in 60% of periods: the container may use 0.5 CPUs',
      ],
    );
    assert.deepEqual(codes({ process: { container: { ...container, throttledShare: 0.02 } } }), []);
    const starved = only({ threads: [worker(1, { state: 'throttled', blockedForMs: 4000, stack: [RENDER] })] });
    assert.match(starved.text, /is not let in renderTable {2}src\/pdf\/table\.ts:118: the machine/);
    assert.deepEqual([starved.code, starved.threadId, starved.basis], ['cpu-throttled', 1, 'inferred']);
    assert.deepEqual(codes({ threads: [worker(1, { state: 'throttled', blockedForMs: 400 })] }), []);
  });

  it('says that tasks pile up: many awaits at one place, the oldest of some age', () => {
    const verdict = only({ groups: [group({ count: 512 })] });
    assert.equal(
      verdict.text,
      '512 tasks wait for GET payments:443 /charge at charge  src/pay.ts:9, the oldest for 41 s',
    );
    assert.deepEqual([verdict.code, verdict.basis], ['task-pileup', 'inferred']);
    const harmless = [
      group({ count: 20 }),
      group({ ageMs: { min: 1, median: 2, max: 900 } }),
      group({ type: 'TCPWRAP', awaitStack: [] }),
    ];
    for (const one of harmless) assert.deepEqual(codes({ groups: [one] }), []);
  });

  it('says once that requests pile up, with the place of those who wait for them', () => {
    const inside = frame('httpNetworkFetch', 'node:internal/deps/undici/undici', 1);
    const verdict = only({
      groups: [
        group({ count: 512, awaitStack: [inside] }),
        group({ count: 512 }),
        group({ count: 512, type: 'request', awaitStack: [] }),
      ],
    });
    assert.equal(verdict.text, '512 requests wait on GET payments:443 /charge, the oldest for 41 s');
    assert.deepEqual([verdict.code, verdict.frame?.function], ['task-pileup', 'charge']);
    assert.deepEqual(verdict.evidence, [
      'ages 200 ms to 41 s, median 20 s',
      'all of them at charge  src/pay.ts:9',
      'inferred: it may be by design',
    ]);
    assert.match(verdict.next[0] ?? '', /^does payments:443 answer\?/);
  });

  it('adds up what differs in labels alone', () => {
    const tenants = ['1', '2', '3'].map((tenant) => group({ count: 40, labels: { tenant } }));
    assert.match(only({ groups: tenants }).text, /^120 tasks wait for GET payments:443/);
    const requests = tenants.map((one) => ({ ...one, type: 'request', awaitStack: [] }));
    assert.match(only({ groups: requests }).text, /^120 requests wait on GET payments:443/);
  });

  it('says nothing of requests that came in, as a server has them', () => {
    const waitsFor = { kind: 'http-in', what: 'GET :8080 /events' } as const;
    assert.deepEqual(codes({ groups: [group({ type: 'request', awaitStack: [], waitsFor })] }), []);
  });

  it('says once, not twice, that tasks wait for a pool', () => {
    const queuedAt = [{ count: 300, stack: [frame('charge', '/app/src/pay.ts', 9)] }];
    assert.deepEqual(
      codes({
        groups: [group({})],
        pools: [pool({ busy: 1, threadIds: [1], queued: 300, oldestQueuedMs: 41_000, queuedAt })],
      }),
      ['pool-saturated'],
    );
  });

  it('puts the worst first', () => {
    const threads = [
      worker(1, { state: 'spinning', blockedForMs: 2000 }),
      worker(2, { state: 'spinning', blockedForMs: 30_000 }),
      main({ state: 'native-cpu', blockedForMs: 5000 }),
    ];
    assert.deepEqual(
      findVerdicts(report({ threads })).map(({ threadId }) => threadId),
      [2, 0, 1],
    );
  });
});

describe('the leak verdict', () => {
  const grown = { minutes: 5, groups: [group({ count: 300, ageMs: { min: 1, median: 2, max: 400_000 } })] };

  it('is for a group that grew from one report to the next while its oldest stayed', () => {
    const [verdict, ...others] = findLeaks(report({ groups: [group({ count: 100 })] }), report(grown));
    assert.equal(others.length, 0);
    assert.equal(verdict?.text, 'pending await tasks at charge  src/pay.ts:9 grew from 100 to 300 in 5m 00s');
  });

  it('is not for groups that shrink, breathe or turn over', () => {
    const before = (count: number): Unjudged => report({ groups: [group({ count })] });
    assert.deepEqual(findLeaks(before(400), report(grown)), []);
    assert.deepEqual(findLeaks(before(290), report(grown)), []);
    assert.deepEqual(
      findLeaks(
        before(100),
        report({ minutes: 5, groups: [group({ count: 300, ageMs: { min: 1, median: 2, max: 3000 } })] }),
      ),
      [],
    );
  });

  it('is not for reports of another process, of the same second, or in the wrong order', () => {
    const before = report({ groups: [group({ count: 100 })] });
    assert.deepEqual(findLeaks({ ...before, process: { ...before.process, pid: 7 } }, report(grown)), []);
    assert.deepEqual(findLeaks({ ...before, process: { ...before.process, uptimeMs: 50_000_000 } }, report(grown)), []);
    assert.deepEqual(findLeaks(before, report({ ...grown, minutes: 0 })), []);
    assert.deepEqual(findLeaks(report(grown), before), []);
  });
});

describe('spoken times', () => {
  it('are as coarse as one says them', () => {
    const spoken = [0, 640, 4100, 9990, 41_200, 725_000, 11_520_000, 273_600_000, Number.NaN].map((ms) =>
      spokenTime(ms),
    );
    assert.deepEqual(spoken, [
      '0 ms',
      '640 ms',
      '4.1 s',
      '9.9 s',
      '41 s',
      '12m 05s',
      '3h 12m',
      '3d 04h',
      'an unknown time',
    ]);
  });
});

interface Parts {
  threads?: ThreadReport[];
  pools?: PoolReport[];
  groups?: TaskGroup[];
  process?: Partial<Unjudged['process']>;
  minutes?: number;
}

function only(parts: Parts): Verdict {
  const [verdict, ...others] = findVerdicts(report(parts));
  assert.ok(verdict, 'no verdict');
  assert.deepEqual(
    others.map(({ code }) => code),
    [],
  );
  return verdict;
}

function codes(parts: Parts): VerdictCode[] {
  return findVerdicts(report(parts)).map(({ code }) => code);
}

function report({ threads = [], pools = [], groups = [], process = {}, minutes = 0 }: Parts): Unjudged {
  return {
    format: 'guru-meditation',
    formatVersion: 1,
    report: {
      id: 'x',
      by: 'guru-meditation',
      trigger: { kind: 'signal', detail: 'SIGUSR2' },
      requestedAt: new Date(Date.parse('2026-11-22T03:07:11.000Z') + minutes * 60_000).toISOString(),
      stacksMs: 1,
      durationMs: 1,
      collectedBy: 'main',
      complete: true,
      notRead: [],
    },
    process: {
      pid: 4242,
      ppid: 1,
      title: 'node',
      serviceName: 'billing-api',
      host: 'web-07',
      node: 'v24.0.0',
      platform: 'linux',
      arch: 'x64',
      uptimeMs: 1_000_000 + minutes * 60_000,
      argv: [],
      execArgv: [],
      memory: { rss: 1, heapUsed: 1, external: 1 },
      container: null,
      nativeThreads: null,
      root: '/app',
      ...process,
    },
    package: { vendor: null, product: null, version: null },
    threads,
    tasks: {
      mode: 'on',
      heapScan: { done: false, why: '', pauseMs: 0, byThread: [] },
      pending: 0,
      placesRead: 0,
      collectedUnsettled: 0,
      groupsElided: 0,
      groups,
    },
    pools,
    processes: [],
    configuration: {},
    sections: [],
  };
}

function main(part: Partial<ThreadReport>): ThreadReport {
  return worker(0, { role: 'main', name: 'main', ...part });
}

function worker(threadId: number, part: Partial<ThreadReport>): ThreadReport {
  return {
    threadId,
    osThreadId: 4242 + threadId,
    name: `worker ${threadId}`,
    role: 'worker',
    helper: null,
    parentThreadId: 0,
    phase: 'running',
    state: 'idle',
    blockedForMs: null,
    blockedSince: null,
    turnedAgoMs: null,
    readBy: 'inspector',
    answerMs: 1,
    pauseMs: 1,
    instrumented: true,
    stack: [],
    hot: [],
    hotFrom: null,
    createdAt: [],
    eventLoop: null,
    heap: null,
    resources: {},
    keptAliveBy: null,
    kernel: null,
    pool: null,
    evidence: [],
    ...part,
  };
}

function pool(part: Partial<PoolReport>): PoolReport {
  return {
    name: 'pdf-render',
    kind: 'piscina',
    file: null,
    threadIds: [3],
    busy: 0,
    idle: 0,
    queued: 0,
    oldestQueuedMs: null,
    running: [],
    queuedAt: [],
    oldestQueued: null,
    runningElided: 0,
    ownerThreadId: 0,
    limits: null,
    completed: null,
    utilization: null,
    needsDrain: null,
    runTime: null,
    waitTime: null,
    factsAgoMs: null,
    queueKnown: true,
    pending: null,
    notKnown: [],
    ...part,
  };
}

/** A pool of one worker that has had its task for this long. */
function withQueue(runningMs: number): PoolReport {
  return pool({ busy: 1, queued: 50, oldestQueuedMs: runningMs + 10, running: [poolTask({ runningMs })] });
}

function inWait(blockedForMs: number): ThreadReport[] {
  return [worker(3, { state: 'atomics-wait', blockedForMs, pool: 'p' })];
}

function poolTask(part: Partial<PoolTask>): PoolTask {
  return {
    threadId: 3,
    task: 'renderPdf',
    file: null,
    runningMs: 41_000,
    queuedMs: 1,
    submittedAt: [],
    labels: {},
    payload: null,
    ...part,
  };
}

function group(part: Partial<TaskGroup>): TaskGroup {
  return {
    id: 'g1',
    count: 300,
    type: 'await',
    threadIds: [0],
    ageMs: { min: 200, median: 20_400, max: 41_100 },
    awaitStack: [frame('charge', '/app/src/pay.ts', 9)],
    createdAt: [],
    keepsAlive: null,
    ref: null,
    parent: [],
    labels: {},
    waitsFor: { kind: 'http-out', what: 'GET payments:443 /charge' },
    ids: [],
    idsElided: 0,
    note: null,
    ...part,
  };
}

function frame(name: string, file: string, line: number): Frame {
  return { function: name, file, line, column: 1, async: false, kind: 'call', package: null, sure: true, source: null };
}

const unknown = (state: string, cpuTicks: number): Verdict[] =>
  findVerdicts(
    report({
      threads: [worker(1, { state: 'unknown', blockedForMs: 5000, kernel: { ...KERNEL, state, cpuTicks } })],
    }),
  );

const parked = (id: number, line: number): ThreadReport =>
  worker(id, { state: 'atomics-wait', blockedForMs: 5000, stack: [frame('park', '/app/w.js', line)] });

const native = (libuvPoolBusy: number | null): VerdictCode[] =>
  codes({ process: { nativeThreads: { count: 10, libuvPoolSize: 4, libuvPoolBusy, cpuMs: 900 } } });
