/** What a thread's system call is about: the file, pipe, socket, path or child process it waits for. */
import { dirname } from 'node:path';
import { CHILD_PROCESS, isEventWait, waitText } from '../report/nativeWait.js';
import { describeDescriptor } from './kernelDescriptors.js';
import { readBytes, readLink, readText } from './kernelFiles.js';
import type { KernelSample } from './kernelLane.js';
import { syscallArguments, syscallName } from './syscalls.js';

export interface WaitOptions {
  /** The folder of the process; `/proc/self` when not given. */
  processRoot?: string;
  /** Whether paths and poll sets are read from the memory of the process (`mem`); true when not given. */
  readMemory?: boolean;
  /** As `process.arch` names it. */
  architecture?: string;
}

export interface Wait {
  /** The call's name; null when the thread is in none, or nobody may know. */
  syscall: string | null;
  /** What the call is about; null where that cannot be told. */
  file: string | null;
  /** Both in a person's words. */
  text: string;
}

const PATH_MOST = 1024;
const PAGE = 4096n;
const COMMAND_MOST = 80;
/** `AT_FDCWD`: the path starts from the working directory. */
const WORKING_DIRECTORY = -100;
/** A `struct pollfd`: the descriptor, then the events asked for and those that came. */
const POLL_ENTRY = 8;

/** What the sample's thread waits in and for. Reads more of procfs, so it is right only while the thread still waits. */
export function describeWait(sample: KernelSample, options: WaitOptions = {}): Wait {
  const context = {
    processRoot: options.processRoot ?? '/proc/self',
    readMemory: options.readMemory ?? true,
    architecture: options.architecture ?? process.arch,
  };
  const syscall = sample.syscall === null ? null : syscallName(sample.syscall.number, context.architecture);
  const file = syscall === null ? null : subjectOf(syscall, sample, context);
  return { syscall, file, text: waitText({ state: sample.state, waitChannel: sample.waitChannel, syscall, file }) };
}

function subjectOf(syscall: string, sample: KernelSample, context: Required<WaitOptions>): string | null {
  const values = sample.syscall?.arguments ?? [];
  if (isEventWait(syscall)) return youngestChild(sample.osThreadId, context.processRoot);
  if (syscall === 'wait4') return waitedChild(asInteger(values[0]), context.processRoot);
  if (syscall === 'waitid' && values[0] === 1n) return waitedChild(asInteger(values[1]), context.processRoot);
  if (syscall === 'poll' || syscall === 'ppoll') return polledDescriptors(values, context);
  const { descriptor, path, directory } = syscallArguments(syscall);
  if (path !== undefined) {
    const start = directory === undefined ? WORKING_DIRECTORY : asInteger(values[directory]);
    return readPath(values[path], start, context);
  }
  return descriptor === undefined ? null : describeDescriptor(asInteger(values[descriptor]), context.processRoot);
}

/**
 * `spawnSync` and `execSync` wait in an event loop of their own, in the same call as an idle thread. While they do, the
 * thread can start nothing else, so of the children it started itself the youngest is the one it waits for.
 */
function youngestChild(osThreadId: number, processRoot: string): string | null {
  const text = readText(`${processRoot}/task/${osThreadId}/children`) ?? '';
  const children = text
    .split(' ')
    .filter((part) => /^\d+$/.test(part))
    .map(Number);
  const started = children.map((child) => ({ child, ticks: startOf(child, processRoot) }));
  const [youngest] = started.sort((one, other) => other.ticks - one.ticks || other.child - one.child);
  if (youngest === undefined) return null;
  const others = children.length - 1;
  return `${nameChild(youngest.child, processRoot)}${others === 0 ? '' : `, the youngest of ${children.length}`}`;
}

function waitedChild(child: number, processRoot: string): string | null {
  return child > 0 ? nameChild(child, processRoot) : null;
}

function nameChild(child: number, processRoot: string): string {
  const words = (readText(`${dirname(processRoot)}/${child}/cmdline`) ?? '').split('\0').filter((word) => word !== '');
  const command = printable(words.join(' '));
  const shown = command.length > COMMAND_MOST ? `${command.slice(0, COMMAND_MOST)}...` : command;
  return `${CHILD_PROCESS} ${child}${shown === '' ? '' : ` (${shown})`}`;
}

function startOf(child: number, processRoot: string): number {
  const stat = readText(`${dirname(processRoot)}/${child}/stat`) ?? '';
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) || 0;
}

function polledDescriptors(values: bigint[], context: Required<WaitOptions>): string | null {
  const [address, count = 0n] = values;
  if (!context.readMemory || address === undefined || count === 0n) return null;
  const entry = readBytes(`${context.processRoot}/mem`, address, POLL_ENTRY);
  if (entry === null || entry.length < POLL_ENTRY) return null;
  const first = describeDescriptor(entry.readInt32LE(0), context.processRoot);
  return first !== null && count > 1n ? `${first} and ${count - 1n} more` : first;
}

function readPath(address: bigint | undefined, directory: number, context: Required<WaitOptions>): string | null {
  if (!context.readMemory || address === undefined || address === 0n) return null;
  const path = readString(address, `${context.processRoot}/mem`);
  if (path === null || path.startsWith('/')) return path;
  const link = directory === WORKING_DIRECTORY ? 'cwd' : `fd/${directory}`;
  const start = readLink(`${context.processRoot}/${link}`);
  return start === null ? path : `${start}/${path}`;
}

/** Read page by page: what lies behind a string's last page may not be mapped. */
function readString(address: bigint, memory: string): string | null {
  const parts: Buffer[] = [];
  let [position, left] = [address, PATH_MOST];
  while (left > 0) {
    const length = Math.min(left, Number(PAGE - (position % PAGE)));
    const bytes = readBytes(memory, position, length);
    if (bytes === null) return null;
    const end = bytes.indexOf(0);
    parts.push(end === -1 ? bytes : bytes.subarray(0, end));
    if (end !== -1) break;
    position += BigInt(bytes.length);
    left -= bytes.length;
  }
  const text = printable(Buffer.concat(parts).toString('utf8'));
  return text === '' ? null : text;
}

/** Names of files and commands may hold line breaks and terminal codes, and a report is read on a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

/** Descriptors and process ids are 32-bit integers in registers of 64. */
function asInteger(value: bigint | undefined): number {
  return value === undefined ? -1 : Number(BigInt.asIntN(32, value));
}
