/** What runs in every thread, as one file of the package: main makes its agent itself, a worker is given one here. */
import { getEnvironmentData } from 'node:worker_threads';
import { AGENT_KEY, ENVIRONMENT_KEY, type SharedSetup } from '../protocol.js';
import { lendImport } from '../tasks/importModule.js';
import { Agent, type AgentSetup } from './agent.js';
import { introduce } from './hello.js';
import { SharedState } from './sharedState.js';

export { Agent, lendImport };

/** True when this thread now has an agent. A worker whose main thread has none stays as it is. */
export function installInWorker(version: string, parts: Pick<AgentSetup, 'loadAnswers' | 'keepTexts'>): boolean {
  const setup = getEnvironmentData(ENVIRONMENT_KEY) as Partial<SharedSetup> | undefined;
  if (!(setup?.buffer instanceof SharedArrayBuffer) || setup.settings === undefined || setup.token === undefined)
    return false;
  if (AGENT_KEY in globalThis || !Object.isExtensible(globalThis)) return false;
  const agent = new Agent({ shared: new SharedState(setup.buffer), settings: setup.settings, ...parts });
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
