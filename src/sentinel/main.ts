/** The sentinel's thread: its ear, its lanes, the heavy end of every report, and standing in for a main that hangs. */
import { constants } from 'node:os';
import { setInterval, setTimeout as setTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { parentPort, threadId, workerData, type MessagePort } from 'node:worker_threads';
import { SharedState } from '../agent/sharedState.js';
import { refuse, writeAnswer, type AnswerPlace } from '../coordinator/asking/answer.js';
import { nameOwnThread } from '../coordinator/asking/threadName.js';
import type { Collected, MainFacts, ReportRequest, ScanCandidate } from '../coordinator/collected.js';
import type { ErrandOfMain } from '../coordinator/errand.js';
import { loadHeavyEnd } from '../coordinator/heavyEnd.js';
import type { FinishOrder } from '../coordinator/lead.js';
import { Link } from '../coordinator/link.js';
import { sayOnce } from '../coordinator/notice.js';
import { PortLane } from '../coordinator/portLane.js';
import type {
  ChangedSettings,
  Crash,
  LeadQuestion,
  Leaving,
  SentinelSetup,
  SignalsHeard,
} from '../coordinator/sentinelThread.js';
import { isStopSignal, triggerOf } from '../coordinator/stopSignals.js';
import { isHello } from '../protocol.js';
import { messageOf } from '../errors.js';
import type { Report, ThreadReport, Trigger } from '../report/types.js';
import { AskedMeanwhile } from './askedMeanwhile.js';
import { Errands } from './errands.js';
import { FileTriggers } from './fileTriggers.js';
import { HandOver } from './handOver.js';
import { LoopChecks } from './loopCheck.js';
import { FactsOfMain } from './mainFacts.js';
import { MainLoop } from './mainLoop.js';
import { raisePriority } from './priority.js';
import { ReportQueue } from './reportQueue.js';
import type { SentinelReports } from './sentinelReports.js';
import { listenToSignal } from './signal.js';
import { StandIn, type Claim } from './standIn.js';
import { Stopping } from './stopping.js';
import { isSignalUnread } from './unreadSignal.js';
import { Watchdog } from './watchdog.js';

/** When all that reports need is loaded, unless one needs it earlier: what lives shorter is spared it, in ms. */
const LOADED_AFTER_MS = 500;

const setup = workerData as SentinelSetup & { port: MessagePort };
let settings = setup.settings;
const shared = new SharedState(setup.buffer);
const link = new Link(setup.port);
const ports = new PortLane((gone) => shared.freeSlotOf(gone));
const factsOfMain = new FactsOfMain(shared, link, setup);
const standIn = new StandIn(shared, new MainLoop(link));
const ears = new Map<string, () => void>();
const handOver = new HandOver(link);
const requests = new ReportQueue(beginReport);
const fileTriggers = new FileTriggers((path) => void requests.ask({ kind: 'file', detail: path }));
const stopping = new Stopping(shared, (trigger) => void requests.ask(trigger));
const askedMeanwhile = new AskedMeanwhile(() => settings.askPlaces, beginReport);
const errands = new Errands(link, setup.underWay, (begun) => void onBegun(begun));
const checks = new LoopChecks(shared, () => takeQuietReport('gmr check'));
let isListening = false;
let isAnswering = false;
let finishedClaim = 0;
let watchdog: Watchdog | null = null;
let reports: Promise<SentinelReports> | null = null;

/** See `sentinelReports.ts`. @throws when the package's files are gone; then the next one who needs it tries again. */
function loadReports(): Promise<SentinelReports> {
  reports ??= makeReports();
  return reports;
}

async function makeReports(): Promise<SentinelReports> {
  try {
    const part = await import('./sentinelReports.js');
    return new part.SentinelReports({ setup, settings: () => settings, shared, ports, factsOfMain });
  } catch (error) {
    reports = null;
    throw error;
  }
}

/**
 * What main listens to may have changed while this thread started: then a message is on its way. To listen until it is here
 * would keep a signal from ending the process that an application raises after its own listener for it has gone.
 */
function listenFirst(): void {
  if (shared.markSignalsKnown(setup.signals.changes)) listen(setup.signals);
}

function listenNow(heard: SignalsHeard): void {
  listen(heard);
  shared.markSignalsKnown(heard.changes);
}

function listen({ listenTo: signals, handledByOthers }: SignalsHeard): void {
  stopping.handledByOthers = handledByOthers;
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
  const asking = settings.askPlaces.length === 0 ? undefined : signals.find((signal) => !isStopSignal(signal));
  nameOwnThread(constants.signals[asking as NodeJS.Signals] ?? 0);
  if (!isListening) void hearMissed();
  isListening = true;
}

async function onSignal(signal: string): Promise<void> {
  if (isStopSignal(signal)) stopping.asked(signal);
  const isReported = await answer(signal, triggerOf(signal));
  if (isReported && isStopSignal(signal)) await stopping.reported(signal);
}

/** Which of them it was nobody knows, so it ends no process. */
async function hearMissed(): Promise<void> {
  const signals = [...ears.keys()];
  const signal = signals.find((one) => !isStopSignal(one)) ?? signals[0];
  if (signal === undefined || !(await standIn.missed(settings.grace, () => isSignalUnread(signals)))) return;
  await answer(signal, { ...triggerOf(signal), detail: signals.join(' or ') });
}

/** Whether a report was made here. */
async function answer(signal: string, trigger: Trigger): Promise<boolean> {
  const request = askedMeanwhile.look();
  const graceMs = Math.min(settings.grace, settings.deadline);
  const deadlineMs = (claim: number): number => errands.deadlineMs(claim, settings);
  const heard = standIn.heard(graceMs, deadlineMs, () => ears.has(signal));
  const number = standIn.lastHeard;
  const claim = await heard;
  if (claim !== null) await report(claim, trigger);
  // What main had begun is done now; a request that came with this signal may still wait.
  const isLeft = claim === null || claim.ofMain !== null;
  if (isLeft && shared.signalsTaken < number) heardMeanwhile(signal, request);
  return claim !== null;
}

/** Main has begun to report, maybe for somebody whom this thread did not hear: before it listened, or by a message. */
async function onBegun({ claim, errand }: ErrandOfMain): Promise<void> {
  const own = await standIn.begun(claim, errand.settings.deadline);
  if (own !== null) await report(own, errand.trigger);
}

/** What came while another report was being taken that does not answer it: a request, or a signal while `gmr` gets it. */
function heardMeanwhile(signal: string, request: string | null): void {
  if (!ears.has(signal) || isStopSignal(signal)) return;
  if (request !== null) askedMeanwhile.takeUp(request);
  else if (isAnswering) void requests.ask(triggerOf(signal));
}

/** Main leads if its loop turns within the grace; else a report is made from here. False: another one is under way. */
async function beginReport(trigger: Trigger): Promise<boolean> {
  const { claims } = shared;
  if (await link.ask<boolean>('lead', { trigger, claims } satisfies LeadQuestion, settings.grace).catch(() => false))
    return true;
  // A main that was slow to answer may have begun all the same, and a report that began since answers this one.
  const claim = shared.claims === claims ? shared.claimLead('sentinel') : 0;
  if (claim === 0) return shared.claims !== claims;
  await report({ number: claim, ofMain: null }, trigger);
  return true;
}

/** For a main that is blocked until we report: what it leads ends nowhere. 0 when a report of our own is under way. */
function claimFromMain(claim: number): number {
  return shared.claimLead('sentinel') || (shared.leader === 'main' ? shared.takeOverLead(claim) : 0);
}

/** Main blocks in its exit until this is done. Its own report may be out already, or be made by another thread now. */
async function onLeaving({ signal, claim }: Leaving): Promise<void> {
  factsOfMain.setLeaving();
  try {
    if (finishedClaim === claim) return;
    const own = claimFromMain(claim);
    if (own !== 0) return await report({ number: own, ofMain: null }, triggerOf(signal));
    while (shared.leader !== 'none') await setTimeout(10); // Bounded by main, which waits no longer than it must.
  } finally {
    shared.endLastReport();
  }
}

/** Main is blocked in its crash handler until this is done, so that its stack and all others are still there. */
async function onCrash(thrown: Crash): Promise<void> {
  factsOfMain.setCrash(thrown);
  try {
    const claim = claimFromMain(shared.claims);
    if (claim !== 0) await report({ number: claim, ofMain: null }, { kind: 'crash', detail: thrown.message });
  } finally {
    factsOfMain.setCrash(null);
    shared.endLastReport();
  }
}

/** A report that nobody asked for goes out only when it has something to tell of these threads. */
async function reportStuck(threadIds: number[], detail: string): Promise<boolean> {
  const found = await takeQuietReport(detail);
  if (found === null || !found.threads.some((thread) => threadIds.includes(thread.threadId) && isStuck(thread)))
    return false;
  loadHeavyEnd().deliver(found, settings);
  handOver.offer(found);
  return true;
}

function isStuck({ role, state }: ThreadReport): boolean {
  return role !== 'helper' && state !== 'idle' && state !== 'busy' && state !== 'unknown';
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

/** Main may have taken the request, or this thread. */
async function answerCheck(place: AnswerPlace): Promise<void> {
  try {
    writeAnswer(place, await checks.answer(settings.heartbeat));
  } catch (error) {
    refuse(place, `the check failed: ${messageOf(error)}`);
  }
}

async function takeQuietReport(detail: string): Promise<Report | null> {
  const order = { deliver: false, wantReport: true, answer: null };
  const { lead } = await loadReports();
  return (await lead.run({ kind: 'watchdog', detail }, settings, order)).report;
}

async function report(claim: Claim, trigger: Trigger): Promise<void> {
  const todo = errands.under(claim, trigger, settings);
  if (todo.kind !== 'report') shared.releaseLead(claim.number);
  if (todo.kind === 'check') await answerCheck(todo.asked);
  if (todo.kind !== 'report') return;
  const { errand } = todo;
  isAnswering = errand.order.answer !== null;
  try {
    const { lead } = await loadReports();
    const made = await lead.underClaim(claim.number, errand.trigger, errand.settings, errand.order);
    if (made !== null) handOver.offer(made);
  } finally {
    shared.releaseLead(claim.number); // Where nothing could be loaded; else the report has done so.
    isAnswering = false;
  }
}

/** Where it fails now, the first report says why. */
async function loadAhead(): Promise<void> {
  try {
    await loadReports();
    loadHeavyEnd();
  } catch {
    // Tried again when it is needed.
  }
}

link.on<{ request: ReportRequest; answered: number[] }>('reach', async ({ request, answered }) => {
  const { reach } = await loadReports();
  return reach.read(request, answered, () => link.tell('stacks', null));
});
link.on<{ request: ReportRequest; candidates: ScanCandidate[] }>('scan', async ({ request, candidates }) => {
  const { reach } = await loadReports();
  return reach.scan(request, candidates);
});
link.on<{ collected: Collected; order: FinishOrder }>('finish', ({ collected, order }) => {
  factsOfMain.keep(collected.main);
  const claim = shared.claims;
  const finished = loadHeavyEnd().finishReport(collected, settings, order);
  finishedClaim = claim;
  // At once, for main: until it hears that its report is out it may be late enough to be taken for hung with the lead.
  shared.releaseLead(claim);
  return order.wantReport ? finished : null;
});
link.on<ChangedSettings>('settings', (changed) => {
  settings = changed.settings;
  watch();
  fileTriggers.watch(changed.files, settings.fileEventHandlerInterval);
});
link.on<AnswerPlace>('check', answerCheck);
link.on<Crash>('crash', onCrash);
link.on<Leaving>('leaving', onLeaving);
link.on<string>('stop', (signal) => stopping.asked(signal));
link.on<string[]>('section titles', (titles) => factsOfMain.keepTitles(titles));
link.on<MessagePort>('main agent', (port) => ports.add(0, port));
link.on<SignalsHeard>('signals', listenNow);
link.on<MainFacts>('main facts', (facts) => factsOfMain.keep(facts));
link.on('exiting', async () => (await reports)?.reach.abort());

process.on('workerMessage', (message: unknown) => {
  if (!isHello(message, setup.hello)) return;
  if (message.toSentinel !== null) ports.add(message.threadId, message.toSentinel);
  link.tell('agent', { threadId: message.threadId, port: message.toMain }, [message.toMain]);
});

raisePriority();
listenFirst();
watch();
fileTriggers.watch(setup.files, settings.fileEventHandlerInterval);
if (setup.underWay !== null) void onBegun(setup.underWay);
shared.sentinelThreadId = threadId;
link.tell('up', null);
parentPort?.unref();
setInterval(() => {}, 1_000_000); // Keeps this thread going; main holds it unref'd, so it ends with the process.
setTimer(() => void loadAhead(), LOADED_AFTER_MS).unref();
