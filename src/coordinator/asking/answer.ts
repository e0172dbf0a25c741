/** The answer to a request: whole or not at all, for its owner alone, and only while somebody waits for it. */
import { closeSync, constants, fchmodSync, lstatSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../errors.js';
import type { Report } from '../../report/types.js';
import type { RefusedAnswer } from './request.js';
import type { Asked } from './take.js';

/** Where an answer goes; part of what is sent to the thread that writes it. */
export type AnswerPlace = Pick<Asked, 'answerFile' | 'until'>;

/** Whatever the umask is: who asked may be another process of the user than root's. */
const MODE = 0o600;

/** Never throws: an answer that does not fit on the disk is replaced by a line that says so. */
export function writeAnswer(place: AnswerPlace, answer: Report | object): void {
  if (!isAwaited(place)) return;
  try {
    replace(place.answerFile, `${JSON.stringify(answer)}\n`);
  } catch (error) {
    refuse(place, `the answer cannot be written: ${messageOf(error)}`);
  }
}

/** Tells the asker why there is no answer; never throws. */
export function refuse(place: AnswerPlace, message: string): void {
  if (!isAwaited(place)) return;
  try {
    replace(
      place.answerFile,
      `${JSON.stringify({ format: 'guru-meditation.refusal', message } satisfies RefusedAnswer)}\n`,
    );
  } catch {
    // Nobody can be told; the asker's own bound ends its wait.
  }
}

function isAwaited({ answerFile, until }: AnswerPlace): boolean {
  try {
    return Date.now() < until && lstatSync(answerFile, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

function replace(file: string, text: string): void {
  const temporary = join(dirname(file), `.${basename(file)}.new`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(temporary, flags, MODE);
  try {
    try {
      fchmodSync(descriptor, MODE);
      const bytes = Buffer.from(text, 'utf8');
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}
