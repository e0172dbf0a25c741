/**
 * Every thread as the kernel knows it, for a process whose inspector cannot be entered: without JavaScript nobody can tell
 * which of them is which worker, so they are a section of the report, and no threads of it.
 */
import type { Json, SectionReport } from '../../report/types.js';
import { readNumbers } from '../../sentinel/kernelFiles.js';
import { cpuBetween, sampleAll, sampleThread } from '../../sentinel/kernelLane.js';
import { describeWait } from '../../sentinel/kernelWait.js';
import type { Target } from './target.js';

const MOST = 256;

/** A first look; the function gives the section at a second one. */
export function watchKernelThreads({ folder }: Pick<Target, 'folder'>): () => SectionReport {
  const before = sampleAll(folder);
  return () => {
    const ids = readNumbers(`${folder}/task`);
    const shown = ids.slice(0, MOST).flatMap((id): Json[] => {
      const sample = sampleThread(id, folder);
      if (sample === null) return [];
      const cpuMs = Math.round(cpuBetween(before.get(id) ?? sample, sample));
      const { text } = describeWait(sample, { processRoot: folder });
      return [{ osThreadId: id, name: sample.comm, does: text, cpuMs }];
    });
    const title = 'Kernel Threads';
    return { title, data: ids.length > MOST ? [...shown, `${ids.length - MOST} more`] : shown, error: null };
  };
}
