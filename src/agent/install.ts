/** What runs in every thread, as one file of the package: main makes its agent itself, a worker is given one here. */
import { AGENT_KEY, type SharedSetup } from '../protocol.js';
import { lendImport } from '../tasks/importModule.js';
import { Agent } from './agent.js';
import { introduce } from './hello.js';
import { LaterPart } from './laterPart.js';
import { SharedState } from './sharedState.js';
import type { LoadedPart } from './threadPart.js';

export { Agent, lendImport };

/**
 * True when this thread now has an agent. A worker whose main thread has none stays as it is.
 * @param setup - as main has it for all threads, maybe another copy of this package
 * @param part - what this is
 * @param answers - the text of what answers, as main has it; null where it has none
 */
export function installInWorker(
  version: string,
  setup: Partial<SharedSetup>,
  part: LoadedPart,
  answers: Uint8Array | null,
): boolean {
  if (!(setup.buffer instanceof SharedArrayBuffer) || setup.settings === undefined || setup.token === undefined)
    return false;
  if (AGENT_KEY in globalThis || !Object.isExtensible(globalThis)) return false;
  const agent = new Agent({
    shared: new SharedState(setup.buffer),
    settings: setup.settings,
    answers: new LaterPart(part, 'answers', answers),
  });
  agent.publish(version, {
    sections: agent.sections,
    pools: agent.pools,
    get labels() {
      return agent.labels;
    },
    whyAlive: (lookMs: number) => agent.whyAlive(lookMs),
  });
  introduce(agent, setup.token);
  return true;
}
