/** Puts the report together from what was collected: thread by thread, then what concerns all of them. */
import { hostname } from 'node:os';
import type { RawFrame } from '../protocol.js';
import { mergeTasks } from '../report/mergeTasks.js';
import type { Frame, NotRead, PackageFacts, ProcessNode, Report, ThreadReport } from '../report/types.js';
import { libraryPools, withTasksOnStack } from '../pools/libraryPools.js';
import { poolsOf } from '../pools/pools.js';
import { mergeSections } from './mergeSections.js';
import { assembleThread, unreadThread } from './assembleThread.js';
import type { Answer, Collected, MainFacts, Unread } from './collected.js';

/** What the report needs besides what was collected. */
export interface Surroundings {
  by: string;
  packageFacts: PackageFacts;
  serviceName: string;
  root: string | null;
  processes: ProcessNode[];
  /** Completes a frame with its package and source line. */
  frame: (frame: RawFrame) => Frame;
}

export function assembleReport(collected: Collected, surroundings: Surroundings): Omit<Report, 'verdicts'> {
  const { request, identity, main, reached } = collected;
  const unread = unreadThreads(collected);
  const threads = [
    ...collected.answers.map((answer) => assembleThread(answer, collected, surroundings.frame)),
    ...unread.map((thread) => unreadThread(thread, collected, surroundings.frame)),
  ];
  const known = withTasksOnStack(poolsOf(collected.answers, threads, surroundings.frame), threads);
  const pools = [...known, ...libraryPools(threads, collected.answers, known, surroundings.frame)];
  for (const thread of threads)
    thread.pool = pools.find((pool) => pool.threadIds.includes(thread.threadId))?.name ?? null;
  const notRead = collectNotRead(collected, unread);
  return {
    format: 'guru-meditation',
    formatVersion: 1,
    report: {
      id: request.id,
      by: surroundings.by,
      trigger: request.trigger,
      requestedAt: request.requestedAt,
      stacksMs: round(collected.stacksMs),
      durationMs: round(collected.durationMs),
      collectedBy: collected.collectedBy,
      complete: notRead.length === 0,
      notRead,
    },
    process: {
      pid: identity.pid,
      ppid: identity.ppid,
      title: main.title,
      serviceName: surroundings.serviceName,
      host: hostname(),
      node: identity.node,
      platform: process.platform,
      arch: process.arch,
      uptimeMs: identity.uptimeMs,
      argv: main.argv,
      execArgv: main.execArgv,
      memory: main.memory,
      container: reached?.container ?? null,
      nativeThreads: reached?.nativeThreads ?? null,
      root: surroundings.root,
    },
    package: surroundings.packageFacts,
    threads: worstFirst(threads),
    tasks: mergeTasks(
      collected.answers.flatMap(({ snapshot }) =>
        snapshot.tasks === null ? [] : [{ threadId: snapshot.threadId, tasks: snapshot.tasks }],
      ),
      collected.heapScans,
      surroundings.frame,
    ),
    pools,
    processes: surroundings.processes,
    configuration: main.configuration,
    ...docsOf(main),
    sections: mergeSections(collected),
  };
}

/** No key where the configuration says nothing of its options: most do not. */
function docsOf({ configurationDocs }: MainFacts): Pick<Report, 'configurationDocs'> {
  if (configurationDocs === undefined || Object.keys(configurationDocs).length === 0) return {};
  return { configurationDocs };
}

/** How bad a state is, for the order of threads; ties go by how long they are blocked, then by thread id. */
const WORST_FIRST: readonly ThreadReport['state'][] = [
  'spinning',
  'microtask-loop',
  'atomics-wait',
  'native-cpu',
  'native-wait',
  'throttled',
  'unknown',
  'busy',
  'idle',
];

function worstFirst(threads: ThreadReport[]): ThreadReport[] {
  return threads.sort(
    (a, b) =>
      WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state) ||
      (b.blockedForMs ?? 0) - (a.blockedForMs ?? 0) ||
      a.threadId - b.threadId,
  );
}

/** Threads that nobody got a snapshot of. */
function unreadThreads(collected: Collected): Unread[] {
  const read = new Set(collected.answers.map((answer) => answer.snapshot.threadId));
  return (collected.reached?.unread ?? []).filter((thread) => !read.has(thread.threadId));
}

function collectNotRead(collected: Collected, unread: Unread[]): NotRead[] {
  const inThreads = collected.answers.flatMap((answer: Answer) => [
    ...splitLines(answer, answer.snapshot.notRead),
    ...splitLines(answer, answer.snapshot.tasks?.notRead ?? []),
  ]);
  return [
    ...unread.map(({ threadId, why }) => ({ threadId, what: 'stack', why })),
    ...collected.notRead,
    ...(collected.reached?.notRead ?? []),
    ...collected.main.notRun,
    ...inThreads,
  ];
}

/** "what: why" of an agent, as an entry. */
function splitLines(answer: Answer, lines: string[]): NotRead[] {
  return lines.map((line) => {
    const colon = line.indexOf(': ');
    const [what, why] = colon < 0 ? ['part', line] : [line.slice(0, colon), line.slice(colon + 2)];
    return { threadId: answer.snapshot.threadId, what, why };
  });
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
