/** One realistic report: worker 3 of a Piscina pool hangs in a loop, and 512 requests wait behind it. */
import type { Frame, Report, TaskGroup, ThreadReport } from '../../src/report/types.js';

const ROOT = '/srv/billing';

/** A frame of the application: `at('renderTable', 'src/pdf/table.ts', 118)`. */
export function at(name: string, file: string, line: number, more: Partial<Frame> = {}): Frame {
  return {
    function: name,
    file: file.startsWith('node:') || file.startsWith('/') ? file : `${ROOT}/${file}`,
    line,
    column: 5,
    async: false,
    kind: 'call',
    package: null,
    sure: true,
    source: null,
    ...more,
  };
}

export function nodeFrame(name: string, line: number): Frame {
  return at(name, 'node:internal/process/task_queues', line);
}

export function packageFrame(name: string, owner: string, line: number): Frame {
  return at(name, `node_modules/${owner}/lib/index.js`, line, { package: owner });
}

/** A thread in good health; what differs is given. */
export function thread(threadId: number, more: Partial<ThreadReport> = {}): ThreadReport {
  return {
    threadId,
    osThreadId: 4248 + threadId,
    name: threadId === 0 ? 'main' : `worker ${threadId}`,
    role: threadId === 0 ? 'main' : 'worker',
    helper: null,
    parentThreadId: threadId === 0 ? null : 0,
    phase: 'running',
    state: 'idle',
    blockedForMs: null,
    blockedSince: null,
    turnedAgoMs: 1.6,
    readBy: 'port',
    answerMs: 1.4,
    pauseMs: 0.4,
    instrumented: true,
    stack: [],
    hot: [],
    hotFrom: null,
    createdAt: threadId === 0 ? [] : [packageFrame('addWorker', 'piscina', 402), at('startPool', 'src/pool.ts', 22)],
    eventLoop: { utilization: 0.03 },
    heap: { used: 48_000_000, limit: 512_000_000 },
    resources: {},
    keptAliveBy: [],
    kernel: null,
    pool: null,
    evidence: [],
    ...more,
  };
}

/** A group of awaits; what differs is given. */
export function group(id: string, more: Partial<TaskGroup> = {}): TaskGroup {
  return {
    id,
    count: 1,
    type: 'await',
    threadIds: [0],
    ageMs: { min: 300, median: 300, max: 300 },
    awaitStack: [],
    createdAt: [],
    keepsAlive: false,
    ref: null,
    parent: [],
    labels: {},
    waitsFor: null,
    ids: [],
    idsElided: 0,
    note: null,
    ...more,
  };
}

const TABLE = at('renderTable', 'src/pdf/table.ts', 118, { source: 'while (y < page.bottom) {' });
const RENDER = at('render', 'src/pool.ts', 71, { async: true, kind: 'await', source: 'await pool.run(doc)' });
const POST = at('postInvoice', 'src/routes/invoice.ts', 40, {
  async: true,
  kind: 'await',
  source: 'const pdf = await render(doc)',
});
const FASTIFY = Array.from({ length: 9 }, (_, index) => packageFrame('handle', 'fastify', 100 + index));
const BUSY = [
  at('measureText', 'src/pdf/text.ts', 55, { source: 'return font.widthOf(text)' }),
  at('onJob', 'src/pdf/worker.ts', 31, { source: 'return layoutPage(doc)' }),
  nodeFrame('processTicksAndRejections', 95),
];

/** A new copy each time, for tests to change. */
export function sampleReport(): Report {
  return structuredClone(SAMPLE);
}

const SAMPLE: Report = {
  format: 'guru-meditation',
  formatVersion: 1,
  report: {
    id: 'web-07-4242-k3f9-1',
    by: 'guru-meditation 1.0.0',
    trigger: { kind: 'signal', detail: 'SIGUSR2' },
    requestedAt: '2026-11-22T03:07:11.204Z',
    stacksMs: 64.2,
    durationMs: 410.5,
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
    node: 'v24.21.0',
    platform: 'linux',
    arch: 'x64',
    uptimeMs: 273_600_000,
    argv: ['/usr/bin/node', '/srv/billing/src/server.ts'],
    execArgv: ['--require', 'guru-meditation/register'],
    memory: { rss: 503_316_480, heapUsed: 210_000_000, external: 9_000_000 },
    container: { cpuQuota: 1, throttledShare: 0.12, memoryCurrent: 503_316_480, memoryMax: 1_073_741_824, oomKills: 0 },
    nativeThreads: { count: 9, libuvPoolSize: 4, libuvPoolBusy: 0, cpuMs: 3 },
    root: ROOT,
  },
  package: { vendor: null, product: 'billing-api', version: '1.2.3' },
  verdicts: [
    {
      code: 'thread-spinning',
      severity: 'critical',
      basis: 'measured',
      threadId: 3,
      since: '2026-11-22T03:06:30.004Z',
      forMs: 41_200,
      frame: TABLE,
      waitsFor: null,
      text: 'Worker 3 of pool pdf-render spins in renderTable.',
      evidence: [
        'same frame in 2 samples',
        'on the CPU',
        '97% of profile',
        'inferred: an endless loop (it may be a very long one)',
      ],
      next: [
        'is it still moving?  gmr diff --again 4242 (reads only, 1 s)',
        'worker 3 takes no message: terminate it, or restart',
      ],
    },
    {
      code: 'pool-saturated',
      severity: 'warning',
      basis: 'measured',
      threadId: null,
      since: '2026-11-22T03:06:30.104Z',
      forMs: 41_100,
      frame: RENDER,
      waitsFor: null,
      text: '512 tasks queue for pool pdf-render, the oldest for 41 s.',
      evidence: ['4 of 4 workers taken: 1 stuck, 3 making progress', 'all 512 wait at render  src/pool.ts:71'],
      next: ['a restart loses 512 queued and 4 running tasks of this process'],
    },
  ],
  threads: [
    thread(3, {
      state: 'spinning',
      blockedForMs: 41_200,
      blockedSince: '2026-11-22T03:06:30.004Z',
      readBy: 'inspector',
      answerMs: 58.1,
      pool: 'pdf-render',
      stack: [
        TABLE,
        at('layoutPage', 'src/pdf/layout.ts', 64, { source: 'renderTable(page, block)' }),
        at('onJob', 'src/pdf/worker.ts', 31, { source: 'return layoutPage(doc)' }),
        ...[95, 96, 97, 98].map((line) => nodeFrame('processTicksAndRejections', line)),
      ],
      turnedAgoMs: 41_200,
      hot: [{ frame: TABLE, share: 0.97 }],
      hotFrom: { by: 'stack samples', count: 17, overMs: 240.4 },
      kernel: {
        state: 'R',
        cpuTicks: 25,
        sampleMs: 250,
        waitChannel: '0',
        syscall: null,
        file: null,
        onCpuMs: 249,
        runDelayMs: 0.4,
        contextSwitches: { voluntary: 0, forced: 12 },
      },
      evidence: ['2 samples 250 ms apart: same top frame, on the CPU (R, +25 ticks)'],
    }),
    ...[1, 2, 4].map((id) => thread(id, { state: 'busy', pool: 'pdf-render', stack: BUSY, answerMs: 9 })),
    thread(0, {
      resources: { TCPServerWrap: 1, TCPSocketWrap: 512, Timeout: 3, MessagePort: 4, PipeWrap: 2 },
      keptAliveBy: [
        { type: 'TCPWRAP', count: 512 },
        { type: 'Timeout', count: 3 },
        { type: 'TCPSERVERWRAP', count: 1 },
        { type: 'BrotliStream', count: 1 },
      ],
    }),
  ],
  tasks: {
    mode: 'on',
    heapScan: { done: false, why: 'not needed', pauseMs: 0, byThread: [] },
    pending: 517,
    placesRead: 513,
    collectedUnsettled: 3,
    groupsElided: 0,
    groups: [
      group('g1', {
        count: 512,
        ageMs: { min: 200, median: 20_400, max: 41_100 },
        awaitStack: [RENDER, POST, ...FASTIFY],
        ids: [18_834, 18_840],
        idsElided: 510,
      }),
      group('g2', {
        awaitStack: [
          at('', 'node:internal/process/task_queues', 0, {
            file: null,
            line: null,
            function: '',
            kind: 'Promise.all #1',
          }),
          at('charge', 'src/payments.ts', 88, { async: true, kind: 'await', source: 'await Promise.all(calls)' }),
        ],
        waitsFor: { kind: 'http-out', what: 'GET payments:443 /charge' },
        labels: { tenant: '17' },
        ids: [19_001],
      }),
      group('g3', {
        count: 3,
        type: 'Timeout',
        ageMs: { min: 273_000_000, median: 273_000_000, max: 273_000_000 },
        createdAt: [at('refreshRates', 'src/rates.ts', 12, { sure: false }), nodeFrame('runMain', 140)],
        keepsAlive: true,
        ref: true,
      }),
      group('g4', { type: 'TCPSERVERWRAP', ageMs: null, createdAt: [], keepsAlive: true, ref: true }),
    ],
  },
  pools: [
    {
      name: 'pdf-render',
      kind: 'piscina',
      file: `${ROOT}/src/pdf/worker.ts`,
      threadIds: [1, 2, 3, 4],
      busy: 4,
      idle: 0,
      queued: 512,
      oldestQueuedMs: 41_100,
      running: [3, 1, 2, 4].map((threadId) => ({
        threadId,
        task: 'renderPdf',
        file: `${ROOT}/src/pdf/worker.ts`,
        runningMs: threadId === 3 ? 41_200 : 300 + threadId,
        queuedMs: 12,
        submittedAt: threadId === 3 ? [packageFrame('run', 'piscina', 9), POST] : [],
        labels: {},
        payload: null,
      })),
      queuedAt: [{ count: 512, stack: [RENDER, POST] }],
      oldestQueued: {
        task: 'renderPdf',
        file: `${ROOT}/src/pdf/worker.ts`,
        submittedAt: [RENDER, POST],
        labels: { tenant: '17' },
        payload: '{"invoice":4711,"apiKey":"***"}',
      },
      runningElided: 0,
      ownerThreadId: 0,
      limits: { minThreads: 4, maxThreads: 4, idleTimeoutMs: 0, maxQueue: null, tasksPerWorker: 1 },
      completed: 90_210,
      utilization: 0.931,
      needsDrain: true,
      runTime: { p50: 210.4, p99: 1310, max: 2210 },
      waitTime: { p50: 0.4, p99: 950, max: 41_000 },
      factsAgoMs: 0,
      queueKnown: true,
      pending: null,
      notKnown: [],
    },
  ],
  processes: [
    {
      pid: 4242,
      ppid: 1,
      user: 'app',
      uid: 1000,
      state: 'running',
      command: ['node', '--require', 'guru-meditation/register', 'src/server.ts'],
      instrumented: true,
      elided: 0,
      children: [
        {
          pid: 4300,
          ppid: 4242,
          user: 'app',
          uid: 1000,
          state: 'sleeping',
          command: ['sh', '-c', 'sleep 9 | cat'],
          instrumented: null,
          elided: 0,
          children: [],
        },
      ],
    },
  ],
  configuration: {
    default: { debug: false, hosts: ['db-1', 'db-2'] },
    database: { password: '***', pool: { max: 8, idle: null } },
  },
  sections: [
    { title: 'Switches', data: { feature_x: true, note: '' }, error: null },
    { title: 'Cache', data: null, error: 'it did not answer within 500 ms' },
  ],
};
