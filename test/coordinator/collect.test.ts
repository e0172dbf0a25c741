import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SENTINEL_NEVER, SharedState } from '../../src/agent/sharedState.js';
import { collect, type Lanes } from '../../src/coordinator/collect.js';
import type { MainFacts, ReportRequest } from '../../src/coordinator/collected.js';
import { ownIdentity } from '../../src/coordinator/mainFacts.js';
import { PortLane } from '../../src/coordinator/portLane.js';
import { monotonicMs } from '../../src/tasks/clock.js';

const THREAD = 7;
const MAIN: MainFacts = {
  title: '',
  argv: [],
  execArgv: [],
  mainScript: null,
  memory: { rss: null, heapUsed: null, external: null },
  configuration: {},
  sections: [],
  notRun: [],
};

/** A process of which nobody can be asked. */
function lanes(shared: SharedState): Lanes {
  return {
    collectedBy: 'main',
    identity: ownIdentity,
    shared,
    heartbeatMs: 250,
    ports: new PortLane(() => {}),
    reach: null,
    own: null,
    mainFacts: () => Promise.resolve(MAIN),
  };
}

function request(): ReportRequest {
  return {
    id: 'web-07-4242-k3f9-1',
    trigger: { kind: 'api', detail: '' },
    requestedAt: new Date().toISOString(),
    startedMs: monotonicMs(),
    graceMs: 10,
    deadlineMs: 100,
    heapScan: 'never',
    readTasks: true,
  };
}

test('a thread whose loop turned since the request came has not been blocked for less than no time', async () => {
  const shared = new SharedState();
  shared.sentinelThreadId = SENTINEL_NEVER;
  const asked = request();
  while (monotonicMs() === asked.startedMs);
  shared.takeSlot(THREAD, null);
  const { turnedAgoMs, reached } = await collect(asked, lanes(shared));
  assert.deepEqual(turnedAgoMs, { [THREAD]: 0 });
  assert.deepEqual(
    reached?.unread.map(({ threadId }) => threadId),
    [THREAD],
  );
});
