/** Opens the inspector of a process that was started without it, by SIGUSR1, and finds the port: Node's own way (`node --help`). */
import { get } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { monotonicMs } from '../../tasks/clock.js';
import { messageOf } from '../../errors.js';
import { isEventWait, isLockWait } from '../../report/nativeWait.js';
import { sampleThread, type KernelSample } from '../../sentinel/kernelLane.js';
import { syscallName } from '../../sentinel/syscalls.js';
import { debugPortOf, isLoopback, type DebugPort } from './debugPort.js';
import { listenersAround, listenersOf, ownerOf, type Listener } from './listeners.js';
import { ended, isAlive, readTarget, refused, type Target } from './target.js';

/** From the signal to the port: 90 to 170 ms were seen on 20 to 26, hung or not; a loaded machine takes longer. */
const OPENS_MS = 1500;
/** A process this young may still be about to open the inspector that its flags ask for, in ms. */
const YOUNG_MS = 10_000;
/** Somebody else who attaches has the port for a second or so: that long it is waited for, in ms. */
const TAKEN_MS = 2500;
const STEP_MS = 15;
/** The inspector answers this from a thread of its own, in ms. */
const ANSWER_MS = 1000;
const MOST_BYTES = 1024 * 1024;
/** A call that main sits in at both of two looks, this far apart, is one that no signal gets it out of, in ms. */
const LOOKS_APART_MS = 60;

interface Found {
  url: string;
  port: number;
}

export interface OpenInspector extends Found {
  /** Ours to close; false where it was open before. */
  isOurs: boolean;
}

/** One that cannot be entered: main is inside native code. */
export interface NotOpen {
  why: string;
  /** Where it has opened meanwhile, since the call returned; null where it has not. */
  late: () => Promise<OpenInspector | null>;
}

/**
 * The inspector of the process, or why it cannot be entered.
 * @throws {GuruError} `GMR_TARGET` where SIGUSR1 would do harm or open a port to others, where the port is taken, and where
 * the process ends.
 */
export async function openInspector(target: Target): Promise<OpenInspector | NotOpen> {
  const expected = debugPortOf(target);
  const open = await findOpen(target, expected);
  if (open !== null) return { ...open, isOurs: false };
  if (!target.catchesSignal) throw refused(target.pid, NO_HANDLER);
  if (!isLoopback(expected.host))
    throw refused(target.pid, `its flags open the inspector on ${expected.host}, to others than this machine`);
  const call = await callOfMain(target);
  if (call !== null)
    return { why: `main is inside native code (${call}), so its inspector was not opened`, late: async () => null };
  await untilFree(target, expected);
  return signalled(target, expected);
}

const NO_HANDLER =
  'it does not catch SIGUSR1, which would end it (--disable-sigusr1, the permission model, or it is still starting)';

/** Only ports that its flags name, or that Node takes by itself, are asked: others belong to the application. */
async function findOpen(target: Target, expected: DebugPort): Promise<Found | null> {
  const until = monotonicMs() + (expected.isOpenFromStart && target.uptimeMs < YOUNG_MS ? OPENS_MS : 0);
  for (;;) {
    const found = await lookForOpen(target, expected);
    if (found !== null || monotonicMs() >= until) return found;
    await setTimeout(STEP_MS);
  }
}

async function lookForOpen(target: Target, { port, isOpenFromStart }: DebugPort): Promise<Found | null> {
  const candidates = listenersOf(target.folder).filter(
    (listener) => listener.port === port || (port === 0 && isOpenFromStart && isLoopback(listener.host)),
  );
  return firstFound(candidates);
}

async function firstFound(candidates: readonly Listener[]): Promise<Found | null> {
  for (const candidate of candidates) {
    const url = await askUrl(candidate);
    if (url !== null) return { url, port: candidate.port };
  }
  return null;
}

/** The name of a system call other than those in which JavaScript can be interrupted; null where main is in none. */
async function callOfMain({ pid, folder }: Target): Promise<string | null> {
  const first = sampleThread(pid, folder);
  await setTimeout(LOOKS_APART_MS);
  const second = sampleThread(pid, folder);
  if (first === null || second === null || !isSameWait(first, second)) return null;
  const name = syscallName(second.syscall?.number ?? 0, process.arch);
  return isEventWait(name) || isLockWait(name) ? null : name;
}

function isSameWait(first: KernelSample, second: KernelSample): boolean {
  if (first.syscall === null || second.syscall === null || first.syscall.number !== second.syscall.number) return false;
  return first.switches !== null && first.switches.voluntary === second.switches?.voluntary;
}

/** Node says "address already in use" on the target's stderr and stays closed, so that is not tried while it is so. */
async function untilFree(target: Target, { port }: DebugPort): Promise<void> {
  if (port === 0) return;
  const taken = (): Listener | undefined => listenersAround(target.folder).find((listener) => listener.port === port);
  const until = monotonicMs() + TAKEN_MS;
  while (taken() !== undefined && monotonicMs() < until) await setTimeout(STEP_MS);
  const listener = taken();
  if (listener === undefined) return;
  const owner = ownerOf(listener.inode);
  const by = owner === null ? 'another process' : `process ${owner.pid} (${owner.name})`;
  throw refused(target.pid, `port ${port}, where it would open its inspector, is taken by ${by}`);
}

async function signalled(target: Target, { port }: DebugPort): Promise<OpenInspector | NotOpen> {
  const before = new Set(listenersOf(target.folder).map(({ inode }) => inode));
  const look = async (): Promise<OpenInspector | null> => {
    const found = await firstFound(listenersOf(target.folder).filter(({ inode }) => !before.has(inode)));
    return found === null ? null : { ...found, isOurs: true };
  };
  sendSignal(target);
  const until = monotonicMs() + OPENS_MS;
  while (monotonicMs() < until) {
    await setTimeout(STEP_MS);
    if (!isAlive(target)) throw ended(target.pid);
    const found = await look();
    if (found !== null) return found;
  }
  const why =
    'its inspector did not open: main is inside native code, or the application listens to SIGUSR1 itself. ' +
    `If a call returns later, Node opens port ${port} then, and leaves it open`;
  return { why, late: look };
}

/** Everything is looked at once more: the number may be another process's by now, or the process another program. */
function sendSignal(target: Target): void {
  const now = readTarget(target.pid);
  if (now.startTime !== target.startTime) throw ended(target.pid);
  if (!now.catchesSignal) throw refused(target.pid, NO_HANDLER);
  try {
    process.kill(target.pid, 'SIGUSR1');
  } catch (cause) {
    throw refused(target.pid, `it cannot be signalled: ${messageOf(cause)}`);
  }
}

/**
 * The URL of the main thread's session; null for whatever else listens there. Node writes the path of the script into its
 * answer as it is: a control character in it makes that no JSON.
 */
async function askUrl({ host, port }: Listener): Promise<string | null> {
  const name = host.includes(':') ? '::1' : '127.0.0.1';
  const text = await readBody(name, port);
  try {
    const [first] = JSON.parse((text ?? '').replaceAll(/\p{Cc}/gu, ' ')) as { webSocketDebuggerUrl?: unknown }[];
    const url = first?.webSocketDebuggerUrl;
    return typeof url === 'string' && url.startsWith('ws://') ? withPlace(url, name, port) : null;
  } catch {
    return null;
  }
}

/** The path alone is taken from what the port answers: nothing there leads to another machine. */
function withPlace(url: string, host: string, port: number): string {
  return `ws://${host.includes(':') ? `[${host}]` : host}:${port}${new URL(url).pathname}`;
}

function readBody(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get({ host, port, path: '/json/list', agent: false, timeout: ANSWER_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > MOST_BYTES) request.destroy();
      });
      response.on('end', () => resolve(text));
      response.on('error', () => resolve(null));
      response.on('close', () => resolve(null));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
  });
}
