/** A real CPU quota: a thread that wants to run and is not let is throttled, and never called spinning. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { makeCpuGroup } from '../harness/cgroup.js';
import { threadOf } from '../harness/hangs.js';
import { spawnFixture } from '../harness/spawn.js';

/** Of one CPU: a thread that computes gets less than the quarter from which on it counts as running. */
const QUOTA = 0.15;

test(
  'a busy main thread under a CPU quota is throttled, with the quota and its share of periods',
  { timeout: 90_000 },
  async (context) => {
    const group = makeCpuGroup(QUOTA);
    if (typeof group === 'string') return context.skip(group);
    const fixture = spawnFixture('hangs.cjs', { args: ['main:spin'], env: { GMR_FORMAT: 'json' }, timeoutMs: 60_000 });
    try {
      await fixture.ready();
      await delay(500); // Started with all the CPU it can get; throttled from here on.
      group.take(fixture.pid);
      await delay(2000);
      fixture.signal('SIGUSR2');
      const report = await fixture.report();
      const main = threadOf(report, 0);
      assert.equal(main.state, 'throttled', main.evidence.join('; '));
      assert.equal(report.process.container?.cpuQuota, QUOTA);
      assert.ok((report.process.container?.throttledShare ?? 0) >= 0.5, `${report.process.container?.throttledShare}`);
      const [verdict] = report.verdicts;
      assert.deepEqual([verdict?.code, verdict?.basis, verdict?.threadId], ['cpu-throttled', 'measured', 0]);
      assert.match(verdict?.text ?? '', /main wants to run and is not let in spin .*, throttled in \d+% of periods/);
      assert.ok(!report.verdicts.some(({ code }) => code === 'thread-spinning'));
    } finally {
      await fixture.stop();
      group.remove();
    }
  },
);
