import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { compareBoxes, readBox, type BoxSample } from '../../src/sentinel/box.js';

describe('the box', () => {
  let folder = '';
  let processRoot = '';
  let groups = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gmr-box-'));
    processRoot = join(folder, 'proc');
    groups = join(folder, 'cgroup');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('reads quota, throttling, memory and OOM kills of a v2 group that is mounted as the root, as in a container', () => {
    write('proc/cgroup', '0::/\n');
    write('cgroup/cgroup.controllers', 'cpu memory\n');
    write('cgroup/cpu.max', '150000 100000\n');
    write('cgroup/cpu.stat', 'usage_usec 5\nnr_periods 100\nnr_throttled 25\nthrottled_usec 9\n');
    write('cgroup/memory.current', '1048576\n');
    write('cgroup/memory.max', '2097152\n');
    write('cgroup/memory.events', 'low 0\noom 3\noom_kill 2\noom_group_kill 9\n');
    assert.deepEqual(readBox(processRoot, groups), {
      cpuQuota: 1.5,
      periods: 100,
      throttledPeriods: 25,
      memoryCurrent: 1048576,
      memoryMax: 2097152,
      oomKills: 2,
    });
  });

  it('takes the tightest limit of a v2 group and those above it, with the counters of that level', () => {
    write('proc/cgroup', '0::/pod/app\n');
    write('cgroup/cgroup.controllers', '');
    write('cgroup/pod/cpu.max', '50000 100000');
    write('cgroup/pod/cpu.stat', 'nr_periods 10\nnr_throttled 5\n');
    write('cgroup/pod/memory.max', 'max');
    write('cgroup/pod/app/cpu.max', 'max 100000');
    write('cgroup/pod/app/cpu.stat', 'nr_periods 0\nnr_throttled 0\n');
    write('cgroup/pod/app/memory.max', '4096');
    write('cgroup/pod/app/memory.current', '100');
    const box = readBox(processRoot, groups);
    assert.deepEqual([box?.cpuQuota, box?.periods, box?.throttledPeriods], [0.5, 10, 5]);
    assert.deepEqual([box?.memoryMax, box?.memoryCurrent], [4096, 100]);
  });

  it("uses the mount itself where the group's path is the host's", () => {
    write('proc/cgroup', '0::/kubepods.slice/pod1/abc\n');
    write('cgroup/cgroup.controllers', '');
    write('cgroup/cpu.max', '200000 100000');
    write('cgroup/memory.current', '7');
    const box = readBox(processRoot, groups);
    assert.deepEqual([box?.cpuQuota, box?.memoryCurrent], [2, 7]);
  });

  it('reads v1 groups, controllers mounted together, and takes its largest number for no limit', () => {
    write('proc/cgroup', '4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n0::/\n');
    write('cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us', '25000');
    write('cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us', '100000');
    write('cgroup/cpu,cpuacct/docker/x/cpu.stat', 'nr_periods 8\nnr_throttled 4\nthrottled_time 1\n');
    write('cgroup/memory/docker/x/memory.limit_in_bytes', '9223372036854771712');
    write('cgroup/memory/docker/x/memory.usage_in_bytes', '123');
    write('cgroup/memory/docker/x/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n');
    assert.deepEqual(readBox(processRoot, groups), {
      cpuQuota: 0.25,
      periods: 8,
      throttledPeriods: 4,
      memoryCurrent: 123,
      memoryMax: null,
      oomKills: 1,
    });
  });

  it('takes no quota for none, in both versions', () => {
    write('proc/cgroup', '3:cpu:/\n');
    write('cgroup/cpu/cpu.cfs_quota_us', '-1');
    write('cgroup/cpu/cpu.cfs_period_us', '100000');
    write('cgroup/cpu/cpu.stat', 'nr_periods 0\nnr_throttled 0\n');
    assert.equal(readBox(processRoot, groups)?.cpuQuota, null);
    write('cgroup/cgroup.controllers', '');
    write('proc/cgroup', '0::/');
    write('cgroup/cpu.max', 'max 100000');
    write('cgroup/memory.current', '1');
    assert.equal(readBox(processRoot, groups)?.cpuQuota, null);
  });

  it('is null where there are no control groups, and where none of their files holds what it should', () => {
    assert.equal(readBox(processRoot, groups), null);
    write('proc/cgroup', '0::/../../..\nrubbish\n');
    write('cgroup/cgroup.controllers', '');
    write('cgroup/cpu.max', 'a b');
    write('cgroup/memory.current', 'lots');
    assert.equal(readBox(processRoot, groups), null);
  });

  it('compares two samples: throttling in between, levels of the second', () => {
    const first = sample({ periods: 100, throttledPeriods: 50 });
    const second = sample({ periods: 104, throttledPeriods: 53, memoryCurrent: 9 });
    assert.deepEqual(compareBoxes(first, second), {
      cpuQuota: 1,
      throttledShare: 0.75,
      memoryCurrent: 9,
      memoryMax: 10,
      oomKills: 0,
    });
  });

  it('was not throttled in a time without periods, and never says so without a quota or a second sample', () => {
    assert.equal(compareBoxes(sample({}), sample({}))?.throttledShare, 0);
    assert.equal(compareBoxes(sample({ cpuQuota: null }), sample({ cpuQuota: null }))?.throttledShare, null);
    assert.equal(compareBoxes(null, sample({}))?.throttledShare, null);
    assert.equal(compareBoxes(sample({}), null), null);
  });

  it("reads this machine's own box without a throw", () => {
    const box = readBox();
    assert.ok(box === null || Object.values(box).every((value) => value === null || Number.isFinite(value)));
  });

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});

function sample(part: Partial<BoxSample>): BoxSample {
  return { cpuQuota: 1, periods: 10, throttledPeriods: 1, memoryCurrent: 5, memoryMax: 10, oomKills: 0, ...part };
}
