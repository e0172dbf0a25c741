/**
 * The reports that the sentinel makes, and what it reads for those of main. More code than all that listens, and main is held
 * up while a thread beside it loads code: it is loaded (`main.ts`) for the first report, or when the process turns out to
 * live for longer than half a second.
 */
import type { SharedState } from '../agent/sharedState.js';
import { loadHeavyEnd } from '../coordinator/heavyEnd.js';
import { Lead } from '../coordinator/lead.js';
import { ownIdentity } from '../coordinator/mainFacts.js';
import type { PortLane } from '../coordinator/portLane.js';
import type { SentinelSetup } from '../coordinator/sentinelThread.js';
import type { FactsOfMain } from './mainFacts.js';
import { loadInspector } from './ownInspector.js';
import { ProcessReach, SILENT_MS } from './reach.js';

/** What the sentinel has to make reports with. */
export interface SentinelMeans {
  setup: Pick<SentinelSetup, 'inspector' | 'token'>;
  /** As they are now. */
  settings: () => SentinelSetup['settings'];
  shared: SharedState;
  ports: PortLane;
  factsOfMain: FactsOfMain;
}

export class SentinelReports {
  readonly reach: ProcessReach;
  readonly lead: Lead;

  constructor({ setup, settings, shared, ports, factsOfMain }: SentinelMeans) {
    this.reach = new ProcessReach({
      shared,
      knownThreads: () => shared.threads(),
      inspector: loadInspector(setup.inspector),
      kernelOptions: () => ({ readMemory: settings().readMemory }),
      silentMs: SILENT_MS,
    });
    this.lead = new Lead(
      'sentinel',
      shared,
      setup.token,
      () => ({
        collectedBy: 'sentinel',
        identity: ownIdentity,
        shared,
        heartbeatMs: settings().heartbeat,
        ports,
        reach: this.reach,
        own: null,
        mainFacts: (request) => factsOfMain.ask(request, settings()),
      }),
      (collected, order) => Promise.resolve(loadHeavyEnd().finishReport(collected, settings(), order)),
    );
  }
}
