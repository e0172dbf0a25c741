/** The second lane: reads threads whose loop does not turn, inside an interrupt of whatever they are doing. */
import { setTimeout } from 'node:timers/promises';
import { monotonicMs } from '../tasks/clock.js';
import type { Answer, ReportRequest } from '../coordinator/collected.js';
import { toSnapshotRequest } from '../coordinator/collect.js';
import { SENTINEL_NAME, type RawFrame, type SnapshotRequest, type ThreadSnapshot } from '../protocol.js';
import { parkedBy } from '../report/parked.js';
import { hasCode } from '../report/stackFacts.js';
import type { MayAnswer } from './drain.js';
import { lookExpression, snapshotExpression } from './expressions.js';
import { MAIN, type Session, type Target } from './inspectorSession.js';
import { parseLook, snapshotOf, type Look } from './look.js';
import { profiledFunctions, type ProfiledFunction } from './profile.js';

export interface ReadThread {
  target: Target;
  answer: Answer;
  /** Later stacks of the same thread. */
  samples: RawFrame[][];
  sampledForMs: number;
  /** Whether its loop turned between the first look and the last; null where the runtime does not count. */
  loopTurned: boolean | null;
  /** Whether it was seen in two different ticks. */
  ticksTurned: boolean;
  profile: ProfiledFunction[];
}

/** Stack samples of all suspects together, so that many of them do not make the report late. */
const SAMPLES_IN_ALL = 96;
const SAMPLES_EACH = 16;
/** Length of the sampling: 10 to 20 samples within it name the right function every time (DESIGN, facts). */
const SAMPLING_MS = 240;
/** When most of this many looks meet nobody's code, later ones hardly will either: the profiler is asked instead. */
const EMPTY_LOOKS = 6;
/** After this many looks a thread whose loop turns, and that runs nothing, is left alone. */
const ENOUGH_OF_IDLE = 2;
/** Length of a profile: with the looks before it no longer than the sampling of the others. */
const PROFILE_MS = 150;
/** Between two samples of the profiler, in microseconds. */
const PROFILE_INTERVAL_US = 500;
/** Kept from the deadline for what comes after the examination, so that the report itself is in time, in ms. */
const RESERVE_MS = 60;

export class InspectorLane {
  readonly #request: ReportRequest;
  readonly #session: Session;
  readonly #skip: ReadonlySet<number>;
  readonly #started = new Set<number>();
  /** Those that are being asked. */
  readonly #reading = new Map<number, Promise<void>>();
  readonly #firstLooks = new Map<number, Look>();
  readonly read = new Map<number, ReadThread>();
  /** Threads that were asked and have not answered (yet). */
  readonly silent = new Map<number, Target>();

  /** @param session - not open yet; the lane opens it, and closes it when it drains */
  constructor(request: ReportRequest, skip: ReadonlySet<number>, session: Session) {
    this.#request = request;
    this.#session = session;
    this.#skip = skip;
  }

  /** Asks every thread that is not to be skipped; true when main let the session in. */
  async open(boundMs: number): Promise<boolean> {
    this.#session.connect();
    if (!this.#skip.has(0)) this.#start({ session: MAIN, threadId: 0, title: 'main' });
    return this.#session.watchWorkers((target) => {
      if (!this.#skip.has(target.threadId) && !isSentinel(target)) this.#start(target);
    }, boundMs);
  }

  /** Until every thread has given a look, `giveUp` says of all that are left that they will not, or the deadline. */
  async settled(giveUp: (target: Target) => boolean): Promise<void> {
    const until = this.#request.startedMs + this.#request.deadlineMs;
    while (monotonicMs() < until) {
      const asked = [...this.silent.values()].filter(({ threadId }) => this.#reading.has(threadId));
      const waiting = asked.filter((target) => !giveUp(target));
      if (waiting.length === 0) return;
      const answers = waiting.map(({ threadId }) => this.#reading.get(threadId));
      await Promise.race([Promise.allSettled(answers), setTimeout(20)]);
    }
  }

  /**
   * Everything else about the threads that gave a look, side by side. Those that nobody has parked are sampled, over
   * `SAMPLING_MS`, before they are asked for their tasks: with millions of those the answer may never come.
   *
   * Parked ones are left alone after the first look: there is no more to know of them.
   */
  async examine(): Promise<void> {
    const threads = [...this.read.values()];
    for (const thread of threads) if (isParked(thread)) thread.answer.snapshot.notRead = [];
    const suspects = threads.filter((thread) => !isParked(thread));
    const count = Math.max(1, Math.min(SAMPLES_EACH, Math.floor(SAMPLES_IN_ALL / Math.max(1, suspects.length))));
    const examined = suspects.map(async (thread) => {
      await this.#sample(thread, count);
      await this.#readSnapshot(thread);
    });
    // Not ref'd: the open session keeps the thread going, and the timer must not keep it going after that.
    await Promise.race([Promise.all(examined), setTimeout(this.#remainingMs(), undefined, { ref: false })]);
  }

  /** Detaches once nothing that was asked is under way any more, as `InspectorSession.drain` has it. */
  async drain(mayAnswer: MayAnswer): Promise<void> {
    await this.#session.drain(mayAnswer);
    this.#session.close();
  }

  #remainingMs(): number {
    return Math.max(0, this.#request.startedMs + this.#request.deadlineMs - RESERVE_MS - monotonicMs());
  }

  #start(target: Target): void {
    if (this.#started.has(target.threadId)) return;
    this.silent.set(target.threadId, target);
    this.#started.add(target.threadId);
    // Who was asked in vain, as everybody is once the session closes, is not asked again.
    const reading = this.#readTarget(target).finally(() => this.#reading.delete(target.threadId));
    this.#reading.set(target.threadId, reading);
  }

  async #readTarget(target: Target): Promise<void> {
    let look = await this.#look(target, 'agent');
    const instrumented = look !== '';
    if (look === '') look = await this.#look(target, 'probe');
    if (look === null || look === '') return;
    this.silent.delete(target.threadId);
    const snapshot = snapshotOf(look, target.threadId, instrumented);
    const answerMs = monotonicMs() - this.#request.startedMs;
    const answer: Answer = { snapshot, lane: 'inspector', answerMs, title: target.title };
    this.#firstLooks.set(target.threadId, look);
    const nothingYet = { samples: [], sampledForMs: 0, loopTurned: null, ticksTurned: false, profile: [] };
    this.read.set(target.threadId, { target, answer, ...nothingYet });
  }

  /** The empty text where the thread has no agent, null where it gave no answer in time. */
  async #look(target: Target, by: 'agent' | 'probe'): Promise<Look | '' | null> {
    const text = await this.#session.evaluate(target.session, lookExpression(by), this.#remainingMs());
    return text === '' ? '' : parseLook(text);
  }

  async #sample(thread: ReadThread, count: number): Promise<void> {
    const started = monotonicMs();
    for (let round = 1; round <= count && this.#remainingMs() > 0; round++) {
      const due = started + (SAMPLING_MS * round) / count;
      await setTimeout(Math.max(0, due - monotonicMs()));
      // Nothing to see in a loop that turns; more looks would only keep an idle thread busy.
      if (round <= ENOUGH_OF_IDLE || !isTurningIdly(thread)) await this.#sampleOne(thread, started);
      if (round === Math.min(count, EMPTY_LOOKS) && isMostlyEmpty(thread)) {
        await this.#profile(thread);
        return;
      }
    }
  }

  async #sampleOne(thread: ReadThread, started: number): Promise<void> {
    const look = await this.#look(thread.target, thread.answer.snapshot.instrumented ? 'agent' : 'probe');
    if (look === null || look === '') return;
    thread.samples.push(look.stack);
    thread.sampledForMs = monotonicMs() - started;
    const first = this.#firstLooks.get(thread.target.threadId);
    if (first === undefined) return;
    if (first.loops !== null && look.loops !== null) thread.loopTurned = look.loops !== first.loops;
    if (first.executionId === 0) first.executionId = look.executionId;
    else if (look.executionId !== 0 && look.executionId !== first.executionId) thread.ticksTurned = true;
  }

  async #profile(thread: ReadThread): Promise<void> {
    const { session } = thread.target;
    const ask = (method: string, params = {}): Promise<unknown> =>
      this.#session.post(session, method, params, this.#remainingMs());
    if ((await ask('Profiler.enable')) === null) return;
    await ask('Profiler.setSamplingInterval', { interval: PROFILE_INTERVAL_US });
    await ask('Profiler.start');
    await setTimeout(Math.min(PROFILE_MS, this.#remainingMs()));
    thread.profile = profiledFunctions(await ask('Profiler.stop'));
    await ask('Profiler.disable');
  }

  /** Main made most of the pools: what they asked of hung workers is not to wait for the list of main's tasks. */
  async #readSnapshot(thread: ReadThread): Promise<void> {
    const request = toSnapshotRequest(this.#request, 'inspector');
    if (thread.target.session === MAIN && thread.answer.snapshot.instrumented)
      await this.#askSnapshot(thread, { ...request, without: 'tasks' });
    await this.#askSnapshot(thread, request);
  }

  async #askSnapshot(thread: ReadThread, request: SnapshotRequest): Promise<void> {
    const { snapshot: known } = thread.answer;
    const expression = snapshotExpression(request, known.instrumented ? 'agent' : 'probe');
    const snapshot = parseSnapshot(
      await this.#session.evaluate(thread.target.session, expression, this.#remainingMs()),
    );
    if (snapshot === null) return;
    thread.samples.push(snapshot.stack);
    thread.answer.snapshot = { ...snapshot, stack: known.stack, heap: known.heap ?? snapshot.heap };
  }
}

/** That of the process itself, when it is read from outside: no thread of the application's. */
function isSentinel({ title }: Target): boolean {
  return title.endsWith(` ${SENTINEL_NAME}`);
}

function isParked({ answer }: Pick<ReadThread, 'answer'>): boolean {
  return parkedBy(answer.snapshot.stack) !== null;
}

function isTurningIdly({ answer, samples, loopTurned }: ReadThread): boolean {
  return loopTurned === true && ![answer.snapshot.stack, ...samples].some((stack) => hasCode(stack));
}

/** Nobody's function in most looks, and the loop did not turn: between tasks that never end, if it runs at all. */
function isMostlyEmpty({ answer, samples, loopTurned }: ReadThread): boolean {
  const looks = [answer.snapshot.stack, ...samples];
  return loopTurned !== true && looks.filter((stack) => hasCode(stack)).length * 2 <= looks.length;
}

function parseSnapshot(text: string | null): ThreadSnapshot | null {
  if (text === null || text === '') return null;
  try {
    const snapshot = JSON.parse(text) as ThreadSnapshot;
    return Number.isInteger(snapshot.threadId) && Array.isArray(snapshot.stack) ? snapshot : null;
  } catch {
    return null;
  }
}
