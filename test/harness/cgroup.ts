/** A control group of our own with a CPU quota, where this machine lets us have one. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 50_000;

export interface CpuGroup {
  /** Puts all threads of the process into the group. */
  take(pid: number): void;
  /** Takes the group away; its processes must have ended. */
  remove(): void;
}

/** A new group that may use `cpus` CPUs (v2, else v1); a text with why there is none where there cannot be one. */
export function makeCpuGroup(cpus: number): CpuGroup | string {
  const parent = [join(ROOT, 'cpu'), ROOT].find((folder) => hasCpu(folder));
  if (parent === undefined) return 'no control group with the cpu controller is mounted and handed down';
  const folder = join(parent, `guru-meditation-test-${process.pid}`);
  try {
    mkdirSync(folder);
  } catch (error) {
    return `no control group can be made in ${parent}: ${String(error)}`;
  }
  const group = {
    take: (pid: number) => writeFileSync(join(folder, 'cgroup.procs'), String(pid)),
    remove: () => rmdirSync(folder),
  };
  try {
    setQuota(folder, Math.round(PERIOD_US * cpus));
    return group;
  } catch (error) {
    group.remove();
    return `the quota of a control group cannot be set: ${String(error)}`;
  }
}

function hasCpu(folder: string): boolean {
  if (existsSync(join(folder, 'cpu.cfs_quota_us'))) return true;
  const controllers = join(folder, 'cgroup.subtree_control');
  return existsSync(controllers) && readFileSync(controllers, 'utf8').split(/\s+/).includes('cpu');
}

function setQuota(folder: string, quotaUs: number): void {
  if (existsSync(join(folder, 'cpu.max'))) return writeFileSync(join(folder, 'cpu.max'), `${quotaUs} ${PERIOD_US}`);
  writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
  writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quotaUs));
}
