/** One request, from the first question to everything that the lanes bring. */
import type { SharedState } from '../agent/sharedState.js';
import { monotonicMs } from '../tasks/clock.js';
import { clearTimeout, setTimeout } from '../tasks/timers.js';
import { messageOf } from '../errors.js';
import type { PoolsAnswer, SnapshotRequest, TasksAnswer, ThreadSnapshot } from '../protocol.js';
import { endedAmong, forgetEnded } from './endedThreads.js';
import type { CollectedBy, NotRead } from '../report/types.js';
import type { Answer, Collected, MainFacts, ProcessIdentity, Reach, Reached, ReportRequest } from './collected.js';
import { scanHeaps } from './heapScans.js';
import { missingSections } from './missingSections.js';
import { addPools, addTasks, type Asking } from './askingThreads.js';
import type { PortLane } from './portLane.js';
import { StacksFirst } from './stacksFirst.js';
import { together } from './together.js';

/** Await stacks read in one thread at most: a bound on the pause; counts and ages are not bounded (DESIGN, traps). */
const PLACES_MAX = 2000;
const PLACES_MS = 100;
/** A thread that hangs is not kept from anything, and on a crowded machine 100 ms may be few of its own. */
const PLACES_HUNG_MS = 200;

/** What the stacks of threads that do not answer their port get for themselves, in ms. */
const STACKS_FIRST_MS = 150;

export interface Lanes {
  collectedBy: CollectedBy;
  /** Of the process that is read. */
  identity: () => ProcessIdentity;
  /** Its folder in procfs; `/proc/self` when not given. */
  processRoot?: string;
  shared: SharedState;
  heartbeatMs: number | null;
  ports: PortLane;
  reach: Reach | null;
  /** The thread that leads, when it is one of the application's; null in the sentinel. */
  own: OwnThread | null;
  /** What main tells besides its snapshot. */
  mainFacts: (request: ReportRequest) => Promise<MainFacts>;
}

/** What an agent answers over a port, asked directly. */
export interface OwnThread {
  describe(): ThreadSnapshot;
  poolsInSlices(request: SnapshotRequest): Promise<PoolsAnswer>;
  tasksInSlices(request: SnapshotRequest): Promise<TasksAnswer>;
}

export async function collect(request: ReportRequest, lanes: Lanes): Promise<Collected> {
  forgetEnded(lanes.shared);
  // A thread may beat, or be there at all, only since the request came.
  const turnedAgoMs = Object.fromEntries(
    lanes.shared.threads().map((slot) => [slot.threadId, Math.max(0, request.startedMs - slot.turnedAtMs)]),
  );
  const question = toSnapshotRequest(request, 'port');
  const own = lanes.own === null ? null : describeOwn(lanes.own, request);
  const asking = lanes.ports.ask(question, request.startedMs, introducing(lanes, own));
  await asking.spoken(staleThreads(lanes), request.graceMs);
  const stacks = new StacksFirst();
  // Awaited as they start: what is pending meanwhile is then told from the application's tasks by who waits for it.
  const [reading, main] = await together([
    reach(lanes, request, [...(own === null ? [] : [own]), ...asking.answers.values()], stacks),
    restAfter(stacks, lanes, { request, question, own, asking }),
  ]);
  const threadSections = [...asking.sections].map(([threadId, sections]) => ({ threadId, sections }));
  const reached = withoutEnded(reading, lanes);
  const answers = oneEach([...(own === null ? [] : [own]), ...asking.answers.values(), ...(reached?.answers ?? [])]);
  const heapScans = request.readTasks ? await scanHeaps(lanes.reach, request, answers, reached?.evidence ?? []) : [];
  return {
    request,
    collectedBy: lanes.collectedBy,
    identity: lanes.identity(),
    answers,
    reached,
    notRead: [
      ...(request.readTasks ? lateTasks(asking.late, own) : []),
      ...missingSections({
        instrumented: lanes.shared.threads().map((slot) => slot.threadId),
        asked: asking.asked,
        answers,
        unread: reached?.unread ?? [],
        told: threadSections,
      }),
    ],
    main,
    threadSections,
    heapScans,
    turnedAgoMs,
    stacksMs: Math.max(0, ...answers.map((answer) => answer.answerMs)),
    durationMs: monotonicMs() - request.startedMs,
  };
}

function describeOwn(thread: OwnThread, request: ReportRequest): Answer {
  return { snapshot: thread.describe(), lane: 'port', answerMs: monotonicMs() - request.startedMs, title: null };
}

/** Who is asked, and what. */
interface RequestUnderWay {
  request: ReportRequest;
  question: SnapshotRequest;
  own: Answer | null;
  asking: Asking;
}

/** All that is not about who hangs where: it would take the CPU from the threads that are asked for their stack. */
async function restAfter(
  stacks: StacksFirst,
  lanes: Lanes,
  { request, question, own, asking }: RequestUnderWay,
): Promise<MainFacts> {
  await stacks.waited(STACKS_FIRST_MS);
  asking.askRest(request.deadlineMs);
  const [main] = await together([
    lanes.mainFacts(request),
    before(addOwnTasks(lanes, question, own?.snapshot ?? null), request),
    asking.answered(request.deadlineMs),
  ]);
  return main;
}

async function addOwnTasks({ own }: Lanes, question: SnapshotRequest, snapshot: ThreadSnapshot | null): Promise<void> {
  if (own === null || snapshot === null) return;
  addPools(snapshot, await own.poolsInSlices(question));
  addTasks(snapshot, await own.tasksInSlices(question));
}

/** Until `done`, or the request's deadline. */
function before(done: Promise<void>, request: ReportRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.max(0, request.startedMs + request.deadlineMs - monotonicMs()));
    const finish = async (): Promise<void> => {
      try {
        await done;
        resolve();
      } catch (error) {
        reject(error);
      } finally {
        clearTimeout(timer);
      }
    };
    void finish();
  });
}

/** A thread that was read by inspector while its answer was on its way counts once, by its own answer. */
function oneEach(answers: Answer[]): Answer[] {
  const seen = new Set<number>();
  return answers.filter(({ snapshot }) => !seen.has(snapshot.threadId) && seen.add(snapshot.threadId));
}

export function toSnapshotRequest(request: ReportRequest, lane: 'port' | 'inspector'): SnapshotRequest {
  const { id: requestId, heapScan, readTasks } = request;
  const placesMs = lane === 'inspector' ? PLACES_HUNG_MS : PLACES_MS;
  return { requestId, lane, placesMax: PLACES_MAX, placesMs, heapScan, readTasks };
}

/** Threads whose loop has not turned for two heartbeats: nobody waits for those to answer their port. */
function staleThreads(lanes: Lanes): Set<number> {
  if (lanes.heartbeatMs === null) return new Set();
  const staleBefore = monotonicMs() - lanes.heartbeatMs * 2 - 50;
  return new Set(lanes.shared.threads().flatMap((slot) => (slot.turnedAtMs < staleBefore ? [slot.threadId] : [])));
}

/** Instrumented threads: a port of each is there, or is on its way. */
function introducing({ shared }: Lanes, own: Answer | null): number[] {
  const others = [own?.snapshot.threadId, shared.sentinelThreadId];
  return shared.threads().flatMap(({ threadId }) => (others.includes(threadId) ? [] : [threadId]));
}

/** Whether `spoken` are all threads that anybody knows of: those with a slot, and the children of those that spoke. */
function isEverybody(lanes: Lanes, spoken: Answer[]): boolean {
  const known = new Set([0, ...lanes.shared.threads().map((slot) => slot.threadId)]);
  for (const { snapshot } of spoken) for (const child of snapshot.children) known.add(child.threadId);
  if (lanes.shared.installedLate) return false;
  known.delete(lanes.shared.sentinelThreadId);
  for (const { snapshot } of spoken) known.delete(snapshot.threadId);
  return known.size === 0;
}

/** A thread that ended while it was waited for is no thread that could not be read. */
function withoutEnded(reached: Reached | null, { processRoot }: Lanes): Reached | null {
  if (reached === null) return null;
  const ended = new Set(endedAmong(reached.unread, processRoot));
  return { ...reached, unread: reached.unread.filter((thread) => !ended.has(thread)) };
}

/** Null when everybody has spoken: nobody is to be reached then. */
async function reach(
  lanes: Lanes,
  request: ReportRequest,
  spoken: Answer[],
  stacks: StacksFirst,
): Promise<Reached | null> {
  const answered = spoken.map(({ snapshot }) => snapshot.threadId);
  try {
    if (isEverybody(lanes, spoken)) return null;
    if (lanes.reach !== null) return await lanes.reach.read(request, answered, () => stacks.read());
    return unreachable(lanes, answered, 'there is no sentinel to read it by inspector');
  } catch (error) {
    return unreachable(lanes, answered, `the sentinel did not read it: ${messageOf(error)}`);
  } finally {
    stacks.read();
  }
}

function unreachable(lanes: Lanes, answered: number[], instead: string): Reached {
  const silent = lanes.shared.threads().filter((slot) => !answered.includes(slot.threadId));
  const whySilent = (threadId: number): string =>
    lanes.ports.threadIds.includes(threadId) ? 'its loop does not turn' : 'no port had come from it yet to ask it by';
  return {
    answers: [],
    unread: silent.map((slot) => ({
      threadId: slot.threadId,
      osThreadId: slot.osThreadId,
      title: null,
      why: `${whySilent(slot.threadId)}, and ${instead}`,
    })),
    evidence: [],
    notRead: [],
    container: null,
    nativeThreads: null,
  };
}

function lateTasks(late: readonly number[], own: Answer | null): NotRead[] {
  const ownIsLate = own !== null && own.snapshot.tasks === null && own.snapshot.notRead.length === 0;
  const threadIds = ownIsLate ? [own.snapshot.threadId, ...late] : late;
  const why = 'its loop turns, but its tasks were not all read at the deadline';
  return threadIds.map((threadId) => ({ threadId, what: 'tasks', why }));
}
