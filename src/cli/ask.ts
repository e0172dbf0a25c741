/** Asks an instrumented process: leaves a request, sends the signal, waits for the answer. It never ends what it asks. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AskedKind, AskedRequest, HeapScanMode, RefusedAnswer } from '../coordinator/asking/request.js';
import { GuruError, messageOf } from '../errors.js';
import { structuralFault } from '../report/check.js';
import type { Report } from '../report/types.js';
import { Letter } from './letter.js';
import { readStatus } from './procfs.js';
import { hasEnded, readTarget, reasonGone, refused, type Target } from './target.js';

export interface AskOptions {
  /** For this one report; without it as the process was set up. */
  heapScan?: HeapScanMode;
  /** False leaves pending tasks out, which makes the report cheaper. Default true. */
  tasks?: boolean;
  /** When the report is made with what there is, ms; without it as the process was set up. */
  deadlineMs?: number;
  /** Gives up waiting when it is aborted. */
  signal?: AbortSignal;
  /** How long to wait at most, ms; without it as long as such an answer may take. */
  patienceMs?: number;
  /** Told what is waited for, each time that changes. */
  onStep?: (step: string) => void;
}

/** How long the process may take to hear the signal, beyond a report that it may be taking already, in ms. */
const HEARD_MS = 5000;
/** What the heavy end of a report may take, in ms. */
const FINISH_MS = 12_000;
const POLL_MS = 10;

/**
 * A report of a process, hung or not, made by itself.
 * @param pid - as this process sees it; in a container below it may have another number of its own
 * @throws {GuruError} `GMR_TARGET` for a process that cannot be asked, or ended meanwhile; `GMR_TIMEOUT` when it did not
 * answer in time; `GMR_BUSY` when others ask it all the time; `GMR_UNSUPPORTED` on other systems than Linux. An
 * `AbortError` when `options.signal` is aborted.
 */
export async function askForReport(pid: number, options: AskOptions = {}): Promise<Report> {
  const answer = (await ask(pid, 'report', options)) as Partial<Report>;
  const fault = structuralFault(answer);
  if (answer.format === 'guru-meditation' && answer.formatVersion === 1) {
    if (fault === null) return answer as Report;
    throw refused(pid, `its answer is no sound report: ${fault}`);
  }
  throw refused(
    pid,
    `its answer has format ${String(answer.format)} ${String(answer.formatVersion)}, expected guru-meditation 1`,
  );
}

/** The answer to a request of this kind, which is an object; a refusal is thrown. */
export async function ask(pid: number, kind: AskedKind, options: AskOptions): Promise<object> {
  const target = readTarget(pid);
  const deadlineMs = options.deadlineMs ?? target.deadlineMs;
  const boundMs = options.patienceMs ?? HEARD_MS + target.deadlineMs + deadlineMs + FINISH_MS;
  const request: AskedRequest = {
    format: 'guru-meditation.request',
    formatVersion: 1,
    id: randomBytes(8).toString('hex'),
    kind,
    pid: target.innerPid,
    startTime: target.startTime,
    until: Date.now() + boundMs,
    deadline: options.deadlineMs ?? null,
    heapScan: options.heapScan ?? null,
    tasks: options.tasks ?? true,
  };
  options.onStep?.(`asks process ${pid}`);
  const letter = await leave(target, request, options.signal);
  let signalled = false;
  try {
    sendSignal(target);
    signalled = true;
    return parseAnswer(pid, await waitForAnswer(target, letter, { deadlineMs, latest: request.until }, options));
  } finally {
    letter.withdraw(signalled && !hasEnded(target));
  }
}

/** While another request waits for the same process, this one waits for its turn. */
async function leave(target: Target, request: AskedRequest, signal: AbortSignal | undefined): Promise<Letter> {
  while (Date.now() < request.until) {
    const letter = Letter.leave(target, request);
    if (letter !== null) return letter;
    requireThere(target);
    await delay(POLL_MS, undefined, { signal });
  }
  throw new GuruError('GMR_BUSY', `process ${target.pid} is asked by others all the time`);
}

/** Looks once more, right before: whoever has the number now must be who it was, and must not die of the signal. */
function sendSignal(target: Target): void {
  const { pid, signal } = target;
  requireThere(target);
  if (readStatus(pid)?.catches(signal) !== true) throw refused(pid, `it does not handle signal ${signal} any more`);
  try {
    process.kill(pid, signal);
  } catch (cause) {
    throw refused(pid, messageOf(cause));
  }
}

async function waitForAnswer(
  target: Target,
  letter: Letter,
  { deadlineMs, latest }: { deadlineMs: number; latest: number },
  options: AskOptions,
): Promise<string> {
  let until = Math.min(latest, Date.now() + HEARD_MS + target.deadlineMs);
  let isTaken = false;
  options.onStep?.(`waits for process ${target.pid} to hear the signal`);
  for (;;) {
    const text = letter.takeAnswer();
    if (text !== null) return text;
    if (!isTaken && letter.isTaken) {
      isTaken = true;
      until = Math.min(latest, Date.now() + deadlineMs + FINISH_MS);
      options.onStep?.(`waits for the answer of process ${target.pid}`);
    }
    if (Date.now() > until) throw late(target.pid, isTaken);
    const reason = reasonGone(target);
    if (reason !== null) return answerOfTheGone(target, letter, reason);
    await delay(POLL_MS, undefined, { signal: options.signal });
  }
}

function late(pid: number, isTaken: boolean): GuruError {
  const why = isTaken
    ? 'it took the request, and no answer came in time'
    : 'it did not hear the signal in time (main hangs, and there is no sentinel to hear it?)';
  return new GuruError('GMR_TIMEOUT', `process ${pid} did not answer: ${why}`);
}

/** A process may end right after it has answered. */
function answerOfTheGone(target: Target, letter: Letter, reason: string): string {
  const text = letter.takeAnswer();
  if (text === null) throw refused(target.pid, reason);
  return text;
}

function requireThere(target: Target): void {
  const reason = reasonGone(target);
  if (reason !== null) throw refused(target.pid, reason);
}

function parseAnswer(pid: number, text: string): object {
  let answer: Partial<RefusedAnswer> | null;
  try {
    answer = JSON.parse(text) as Partial<RefusedAnswer> | null;
  } catch (cause) {
    throw refused(pid, `its answer is no JSON: ${messageOf(cause)}`);
  }
  if (typeof answer !== 'object' || answer === null) throw refused(pid, 'its answer is no object');
  if (answer.format === 'guru-meditation.refusal') throw refused(pid, String(answer.message));
  return answer;
}
