/** The sentinel's thread: its ear, its lanes, the heavy end of every report, and standing in for a main that hangs. */
import { setPriority } from 'node:os';
import { setInterval } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { parentPort, threadId, workerData, type MessagePort } from 'node:worker_threads';
import { readOsThreadId } from '../agent/describe.js';
import { monotonicMs, SharedState } from '../agent/sharedState.js';
import type { Collected, MainFacts, ReportRequest } from '../coordinator/collected.js';
import { deliver } from '../coordinator/deliver.js';
import { finishReport } from '../coordinator/finish.js';
import { Lead, type FinishOrder } from '../coordinator/lead.js';
import { Link } from '../coordinator/link.js';
import { readMemory } from '../coordinator/mainFacts.js';
import { sayOnce } from '../coordinator/notice.js';
import { PortLane } from '../coordinator/portLane.js';
import type { Crash, SentinelSetup, SignalsHeard } from '../coordinator/sentinelThread.js';
import { isStopSignal, triggerOf } from '../coordinator/stopSignals.js';
import { isHello } from '../protocol.js';
import type { NotRead, SectionReport, ThreadReport, Trigger } from '../report/types.js';
import { FileTrigger } from './fileTrigger.js';
import { SentinelReach } from './reach.js';
import { listenToSignal } from './signal.js';
import { StandIn } from './standIn.js';
import { Watchdog } from './watchdog.js';

/** What a main that is only slow gets to hear a stop signal after the report, in ms. */
const STOP_WAIT_MS = 500;

/** Between that of the application (0) and the highest (-20). */
const PRIORITY = -10;

const setup = workerData as SentinelSetup & { port: MessagePort };
const shared = new SharedState(setup.buffer);
const link = new Link(setup.port);
const ports = new PortLane((gone) => shared.freeSlotOf(gone));
const reach = new SentinelReach(shared, setup.inspector);
const standIn = new StandIn(shared);
const ears = new Map<string, () => void>();
let settings = setup.settings;
let crash: Crash | null = null;
let stopsHandled: string[] = [];
let fileTrigger: FileTrigger | null = null;
let watchdog: Watchdog | null = null;
let lastMainFacts: MainFacts | null = null;

const lead = new Lead(
  'sentinel',
  shared,
  setup.token,
  () => ({
    collectedBy: 'sentinel',
    shared,
    heartbeatMs: settings.heartbeat,
    ports,
    reach,
    own: null,
    mainFacts: askMainFacts,
  }),
  (collected, order) => Promise.resolve(finishReport(collected, settings, order)),
);

/** From main itself when its loop turns, which its heartbeat tells without asking. */
async function askMainFacts(request: ReportRequest): Promise<MainFacts> {
  if (crash !== null) return { ...factsWithoutMain(), sections: [crashSection(crash)] };
  const main = shared.threads().find((slot) => slot.threadId === 0);
  const beatMs = settings.heartbeat;
  if (main === undefined || beatMs === null || monotonicMs() - main.turnedAtMs > beatMs * 2) return factsWithoutMain();
  try {
    return await link.ask<MainFacts>('facts', request, request.deadlineMs);
  } catch {
    return factsWithoutMain();
  }
}

/** The exception that ends the process, most recent call first, as its stack says. */
function crashSection({ message, stack }: Crash): SectionReport {
  return { title: 'Crash', data: stack === '' ? message : stack, error: null };
}

/** What main told last; its own code cannot run now. */
function factsWithoutMain(): MainFacts {
  const hung = 'main does not turn its loop, and the code of the application runs nowhere else';
  const notRun: NotRead[] =
    lastMainFacts?.sections.map(({ title }) => ({ threadId: 0, what: `section ${title}`, why: hung })) ?? [];
  const known = lastMainFacts ?? {
    title: process.title,
    argv: process.argv,
    execArgv: setup.execArgv,
    mainScript: setup.mainScript,
    configuration: {},
  };
  return { ...known, memory: readMemory(), sections: [], notRun };
}

function listen({ listenTo: signals, handledByOthers }: SignalsHeard): void {
  stopsHandled = handledByOthers;
  for (const [signal, stop] of ears) {
    if (signals.includes(signal)) continue;
    stop();
    ears.delete(signal);
  }
  for (const signal of signals) {
    if (ears.has(signal)) continue;
    const stop = listenToSignal(signal, () => void onSignal(signal));
    if (stop !== null) ears.set(signal, stop);
  }
}

async function onSignal(signal: string): Promise<void> {
  const claim = await standIn.heard(Math.min(settings.grace, settings.deadline), settings.deadline);
  if (claim === 0) return;
  await report(claim, triggerOf(signal));
  if (isStopSignal(signal) && !stopsHandled.includes(signal)) await endHungProcess(signal);
}

/**
 * Without us the signal would have ended the process at once. Main holds a handle for it now, so that only SIGKILL does
 * while main hangs; a main that was merely slow hears the signal within this wait, and ends by it.
 */
async function endHungProcess(signal: string): Promise<void> {
  const seen = shared.signalsSeenByMain;
  await setTimeout(STOP_WAIT_MS);
  if (shared.signalsSeenByMain > seen || shared.signalsSeenByMain >= shared.signalsServed) return;
  sayOnce('GMR_SIGNAL', `${signal} was reported; main does not turn its loop, so the process is ended by SIGKILL`);
  process.kill(process.pid, 'SIGKILL');
}

/** Main leads if its loop turns within the grace; else a report is made from here. */
async function onTrigger(trigger: Trigger): Promise<void> {
  const mainLeads = await link.ask<boolean>('lead', trigger, settings.grace).catch(() => false);
  if (!mainLeads) await lead.run(trigger, settings, { deliver: true, wantReport: false });
}

function watchFile(): void {
  fileTrigger?.stop();
  const { fileEventHandler: path, fileEventHandlerInterval } = settings;
  if (path === null) fileTrigger = null;
  else
    fileTrigger = new FileTrigger(path, fileEventHandlerInterval, () => void onTrigger({ kind: 'file', detail: path }));
}

/** Main is blocked in its crash handler until this is done, so that its stack and all others are still there. */
async function onCrash(thrown: Crash): Promise<void> {
  crash = thrown;
  try {
    await lead.run({ kind: 'crash', detail: thrown.message }, settings, { deliver: true, wantReport: false });
  } finally {
    crash = null;
    shared.endCrash();
  }
}

/** A report that nobody asked for goes out only when it has something to tell of these threads. */
async function reportStuck(threadIds: number[], detail: string): Promise<boolean> {
  const { report: found } = await lead.run({ kind: 'watchdog', detail }, settings, {
    deliver: false,
    wantReport: true,
  });
  if (found === null || !found.threads.some((thread) => threadIds.includes(thread.threadId) && isStuck(thread)))
    return false;
  deliver(found, settings);
  return true;
}

function isStuck({ role, state }: ThreadReport): boolean {
  return role !== 'helper' && state !== 'idle' && state !== 'busy' && state !== 'unknown';
}

/** Where the process may, this thread goes before threads that spin: it sleeps but for reports. Linux has priorities a thread. */
function raisePriority(): void {
  const osThreadId = readOsThreadId();
  try {
    if (osThreadId !== null) setPriority(osThreadId, PRIORITY);
  } catch {
    // Only a privileged process may.
  }
}

function watch(): void {
  watchdog?.stop();
  watchdog = null;
  if (settings.watchdog === null || settings.heartbeat === null) return;
  const bounds = {
    boundMs: Math.max(settings.watchdog, settings.heartbeat * 2),
    intervalMs: settings.watchdogInterval,
  };
  watchdog = new Watchdog(shared, bounds, { report: reportStuck, say: (line) => sayOnce('GMR_LANE', line) });
}

async function report(claim: number, trigger: Trigger): Promise<void> {
  await lead.underClaim(claim, trigger, settings, { deliver: true, wantReport: false });
}

link.on<{ request: ReportRequest; answered: number[] }>('reach', ({ request, answered }) =>
  reach.read(request, answered),
);
link.on<{ collected: Collected; order: FinishOrder }>('finish', ({ collected, order }) => {
  lastMainFacts = collected.main;
  const finished = finishReport(collected, settings, order);
  return order.wantReport ? finished : null;
});
link.on<typeof settings>('settings', (changed) => {
  settings = changed;
  watch();
  watchFile();
});
link.on<Crash>('crash', onCrash);
link.on<MessagePort>('main agent', (port) => ports.add(0, port));
link.on<SignalsHeard>('signals', listen);
link.on<MainFacts>('main facts', (facts) => {
  lastMainFacts = facts;
});
link.on('exiting', () => reach.abort());

process.on('workerMessage', (message: unknown) => {
  if (!isHello(message, setup.hello)) return;
  if (message.toSentinel !== null) ports.add(message.threadId, message.toSentinel);
  link.tell('agent', { threadId: message.threadId, port: message.toMain }, [message.toMain]);
});

raisePriority();
listen(setup.signals);
watch();
watchFile();
shared.sentinelThreadId = threadId;
link.tell('up', { hears: [...ears.keys()] });
parentPort?.unref();
setInterval(() => {}, 1_000_000); // Keeps this thread going; main holds it unref'd, so it ends with the process.
