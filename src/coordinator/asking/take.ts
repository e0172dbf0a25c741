/**
 * The side of the process that is asked: whether a request waits, and taking it. What is not exactly a request of its own
 * user for this very process is left alone. Nothing here throws, and nothing blocks.
 */
import { lstatSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { readRegularFile } from '../regularFile.js';
import { folderIn, reasonAgainst } from './folder.js';
import { answerName, parseRequest, REQUEST_MAX_BYTES, requestName, type AskedRequest } from './request.js';

/** A request that this process has taken: nobody else will answer it. */
export interface Asked extends AskedRequest {
  /** Where the answer goes; the asker has left an empty file there, and takes it away when it gives up. */
  answerFile: string;
}

let ownStartTime: string | null = null;
let taken = 0;

/**
 * The id of the request that waits for this process; null when none waits. Nothing of the file itself tells two requests
 * apart: the next one may get the inode of the last, within the same tick of the file system's clock.
 */
export function waitingRequest(places: readonly string[]): string | null {
  for (const { file } of requestFiles(places)) {
    const request = readRequest(file);
    if (request !== null) return request.id;
  }
  return null;
}

/**
 * Takes the request that waits. `expired` is one that nobody waits for any more: the signal that came with it is answered
 * by nothing. Null when there is none.
 */
export function takeRequest(places: readonly string[]): Asked | 'expired' | null {
  for (const { folder, file } of requestFiles(places)) {
    const request = take(folder, file);
    if (request === null) continue;
    if (request.until < Date.now()) return 'expired';
    return { ...request, answerFile: join(folder, answerName(request.pid, request.startTime, request.id)) };
  }
  return null;
}

function requestFiles(places: readonly string[]): { folder: string; file: string }[] {
  const uid = process.geteuid?.();
  const startTime = readOwnStartTime();
  if (uid === undefined || startTime === null) return [];
  return places.flatMap((place) => {
    const folder = folderIn(place, uid);
    const file = join(folder, requestName(process.pid, startTime));
    return isOfAllowed(folder, file, uid) ? [{ folder, file }] : [];
  });
}

/** Root may ask every process; no other user but the process's own. False for a file that is none of theirs. */
function isOfAllowed(folder: string, file: string, uid: number): boolean {
  try {
    const facts = lstatSync(file, { throwIfNoEntry: false });
    if (facts === undefined || reasonAgainst(folder, uid) !== null) return false;
    return facts.isFile() && (facts.uid === uid || facts.uid === 0);
  } catch {
    return false;
  }
}

/** By a rename, which one thread alone succeeds in; under the new name nobody changes it any more. */
function take(folder: string, file: string): AskedRequest | null {
  const own = join(folder, `.${process.pid}-${readOwnStartTime()}-${threadId}-${++taken}.taken`);
  try {
    renameSync(file, own);
    const request = readRequest(own);
    unlinkSync(own);
    return request;
  } catch {
    return null;
  }
}

/** Null for a file that holds something else, or a request for another process. */
function readRequest(file: string): AskedRequest | null {
  const request = parseRequest(readRegularFile(file, REQUEST_MAX_BYTES)?.text ?? '');
  return request?.pid === process.pid && request.startTime === readOwnStartTime() ? request : null;
}

function readOwnStartTime(): string | null {
  try {
    return (ownStartTime ??= startTimeIn(readFileSync('/proc/self/stat', 'utf8')));
  } catch {
    return null;
  }
}

/** From the text of `/proc/<pid>/stat` (proc_pid_stat(5), field 22: clock ticks since boot). */
export function startTimeIn(stat: string): string | null {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
