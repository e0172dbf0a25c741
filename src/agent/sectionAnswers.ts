/** The registered sections of this thread, for a report: one block a thread. */
import type { MessagePort } from 'node:worker_threads';
import type { FromAgent } from '../protocol.js';
import type { SectionRegistry } from '../sections/registered.js';

/** Runs this thread's sections, each bounded, and sends what they gave. Never rejects. */
export async function answerSections(
  registry: SectionRegistry,
  port: MessagePort,
  requestId: string,
  timeoutMs: number,
): Promise<void> {
  try {
    const sections = await registry.run(timeoutMs, 'worker');
    port.postMessage({ kind: 'sections', requestId, sections } satisfies FromAgent);
  } catch {
    // The port is gone: there is nobody to tell.
  }
}
