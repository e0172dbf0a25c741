/** Sections of workers that a report has to do without: each thread that has some is named, and why it was not asked. */
import type { NotRead } from '../report/types.js';
import type { Answer, Collected, Unread } from './collected.js';

/** By thread id, as far as they are workers: main's sections are told by main itself. */
export interface Asked {
  /** Those that have an agent, at the end. */
  instrumented: readonly number[];
  /** Those that were asked by their port, whether they answered or not. */
  asked: ReadonlySet<number>;
  answers: readonly Answer[];
  unread: readonly Unread[];
  told: Collected['threadSections'];
}

export function missingSections({ instrumented, asked, answers, unread, told }: Asked): NotRead[] {
  return instrumented.flatMap((threadId) => {
    if (threadId === 0 || told.some((thread) => thread.threadId === threadId)) return [];
    const snapshot = answers.find((answer) => answer.snapshot.threadId === threadId)?.snapshot;
    // It has ended meanwhile, and no thread of this report is missing anything.
    if (snapshot === undefined && !unread.some((thread) => thread.threadId === threadId)) return [];
    const why = whyMissing(snapshot?.sections ?? null, asked.has(threadId));
    return why === null ? [] : [{ threadId, what: 'sections', why }];
  });
}

/** Null where nothing is missing, or where all that is missing is that nobody knows: the thread is named as not read then. */
function whyMissing(titles: readonly string[] | null, wasAsked: boolean): string | null {
  if (titles === null)
    return wasAsked ? null : 'no port had come from it yet to ask it by, and whether it registered any is not known';
  if (titles.length === 0) return null;
  const why = wasAsked ? 'its loop did not turn in time to run them' : 'no port had come from it yet to ask it by';
  return `${titles.join(', ')}: ${why}`;
}
