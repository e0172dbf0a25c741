/** The files of one request on the asker's side: left, looked after, and taken away again. */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { folderIn, reasonAgainst } from '../coordinator/asking/folder.js';
import {
  answerName,
  isAskingName,
  parseRequest,
  REQUEST_MAX_BYTES,
  requestName,
  type AskedRequest,
} from '../coordinator/asking/request.js';
import { readRegularFile } from '../coordinator/regularFile.js';
import { GuruError, messageOf } from '../errors.js';
import { asOwner } from './owner.js';
import type { Target } from './target.js';

/** Whatever the umask is. */
const MODE = 0o600;
const FOLDER_MODE = 0o700;
/** What an asker that was killed left behind is taken away after this, in ms. */
const STALE_MS = 10 * 60_000;
/** A report of 100,000 tasks is some 50 MB; what is larger is no report. */
const ANSWER_MAX = 512 * 1024 * 1024;

export class Letter {
  readonly #target: Target;
  readonly #folder: string;
  readonly #request: AskedRequest;

  private constructor(target: Target, folder: string, request: AskedRequest) {
    this.#target = target;
    this.#folder = folder;
    this.#request = request;
  }

  /**
   * In the first folder that can be written. Null while another request waits there for the same process.
   * @throws {GuruError} `GMR_TARGET`, with what is wrong with each of the folders.
   */
  static leave(target: Target, request: AskedRequest): Letter | null {
    return asOwner(target, () => {
      const failures: string[] = [];
      for (const place of target.places) {
        const folder = folderIn(place, target.innerUid);
        try {
          prepare(folder, target.uid);
          const letter = new Letter(target, folder, request);
          return letter.#leave() ? letter : null;
        } catch (error) {
          failures.push(`${folder}: ${messageOf(error)}`);
        }
      }
      throw new GuruError('GMR_TARGET', `no folder for a request to process ${target.pid}: ${failures.join('; ')}`);
    });
  }

  /** Whether the process has taken the request: it will answer. The next one may be in its place by now. */
  get isTaken(): boolean {
    return asOwner(this.#target, () => {
      const waiting = readRequest(this.#requestFile);
      return waiting == null ? !exists(this.#requestFile) : waiting.id !== this.#request.id;
    });
  }

  /** The text of the answer, once it is there. */
  takeAnswer(): string | null {
    return asOwner(this.#target, () => {
      const facts = lstatSync(this.#answerFile, { throwIfNoEntry: false });
      if (facts === undefined || facts.size === 0) return null;
      const text = readOwn(this.#answerFile, this.#target.uid);
      removeQuietly(this.#answerFile);
      return text;
    });
  }

  /**
   * Nobody waits any more: what is answered now is not written. A request that the process may still hear of by its signal
   * stays, expired.
   */
  withdraw(mayBeHeard: boolean): void {
    asOwner(this.#target, () => {
      removeQuietly(this.#answerFile);
      if (readRequest(this.#requestFile)?.id !== this.#request.id) return;
      removeQuietly(this.#requestFile);
      if (mayBeHeard) placeWhole(this.#requestFile, JSON.stringify({ ...this.#request, until: 0 }));
    });
  }

  get #requestFile(): string {
    return join(this.#folder, requestName(this.#request.pid, this.#request.startTime));
  }

  get #answerFile(): string {
    return join(this.#folder, answerName(this.#request.pid, this.#request.startTime, this.#request.id));
  }

  #leave(): boolean {
    removeStale(this.#folder);
    if (isWaiting(this.#requestFile)) return false;
    write(this.#answerFile, '');
    try {
      if (placeWhole(this.#requestFile, JSON.stringify(this.#request))) return true;
    } catch (error) {
      removeQuietly(this.#answerFile);
      throw error;
    }
    removeQuietly(this.#answerFile);
    return false;
  }
}

function prepare(folder: string, uid: number): void {
  if (reasonAgainst(folder, uid) === undefined) {
    mkdirSync(folder, { mode: FOLDER_MODE });
    chmodSync(folder, FOLDER_MODE);
  }
  const reason = reasonAgainst(folder, uid);
  if (typeof reason === 'string') throw new Error(reason);
}

/** Whether another request is there that somebody still waits for; one that has expired is taken away. */
function isWaiting(file: string): boolean {
  if (!exists(file)) return false;
  if (!isExpired(file)) return true;
  // The process may take it right now, and another asker leave the next one: looked at once more, out of everybody's reach.
  const aside = `${file}.${process.pid}.new`;
  try {
    renameSync(file, aside);
    if (!isExpired(aside)) linkSync(aside, file);
  } catch {
    return true;
  } finally {
    removeQuietly(aside);
  }
  return exists(file);
}

/** What is no request, or no file that could be one, keeps nobody waiting; what is gone, somebody else has taken. */
function isExpired(file: string): boolean {
  const request = readRequest(file);
  if (request === undefined) {
    const facts = lstatSync(file, { throwIfNoEntry: false });
    return facts !== undefined && (!facts.isFile() || facts.size > REQUEST_MAX_BYTES);
  }
  return request === null || request.until < Date.now();
}

/** Undefined when there is none to be read, null when it is something else. */
function readRequest(file: string): AskedRequest | null | undefined {
  const text = readRegularFile(file, REQUEST_MAX_BYTES)?.text;
  return text === undefined ? undefined : parseRequest(text);
}

/** A link gives the whole file its name, or fails where the name is taken: false then. */
function placeWhole(file: string, text: string): boolean {
  const temporary = `${file}.${process.pid}.new`;
  try {
    write(temporary, text);
    linkSync(temporary, file);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false;
    throw error;
  } finally {
    removeQuietly(temporary);
  }
}

function write(file: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(file, flags, MODE);
  try {
    fchmodSync(descriptor, MODE);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
  } finally {
    closeSync(descriptor);
  }
}

/** @throws {GuruError} `GMR_TARGET` when it is not a plain file of that user, or larger than any report. */
function readOwn(file: string, uid: number): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const facts = fstatSync(descriptor);
    if (!facts.isFile() || facts.uid !== uid || facts.size > ANSWER_MAX)
      throw new GuruError('GMR_TARGET', `${file} is no answer of user ${uid}`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function removeStale(folder: string): void {
  for (const name of readdirSync(folder).filter(isAskingName)) {
    const file = join(folder, name);
    const facts = lstatSync(file, { throwIfNoEntry: false });
    if (facts !== undefined && Date.now() - facts.mtimeMs > STALE_MS) removeQuietly(file);
  }
}

function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function removeQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It is gone already, or is no file: then the next step fails and says why.
  }
}
