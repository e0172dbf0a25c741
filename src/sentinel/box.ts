/** What the process's control group lets it have: CPU quota and throttling, memory and its limit (cgroups v2, and v1). */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Container } from '../report/types.js';
import { readText } from './kernelFiles.js';

/** The figures of the group at one moment; null for what is not there. Counters run since the group's start. */
export interface BoxSample {
  cpuQuota: number | null;
  periods: number | null;
  throttledPeriods: number | null;
  memoryCurrent: number | null;
  memoryMax: number | null;
  oomKills: number | null;
}

/** v1 writes no limit as the largest multiple of a page in 63 bits. */
const NO_LIMIT = 2 ** 60;
/** A path deeper than this is not followed to the root. */
const MOST_LEVELS = 32;

/** The group's figures now; null where there are no control groups or none of them can be read. */
export function readBox(processRoot: string = '/proc/self', cgroupRoot: string = '/sys/fs/cgroup'): BoxSample | null {
  const groups = readText(`${processRoot}/cgroup`);
  if (groups === null) return null;
  const unified = existsSync(join(cgroupRoot, 'cgroup.controllers'));
  const sample = unified ? readUnified(groups, cgroupRoot) : readSplit(groups, cgroupRoot);
  return Object.values(sample).every((value) => value === null) ? null : sample;
}

/** The container as the report shows it: levels of the second sample, throttling between the two. */
export function compareBoxes(first: BoxSample | null, second: BoxSample | null): Container | null {
  if (second === null) return null;
  const { cpuQuota, memoryCurrent, memoryMax, oomKills } = second;
  return { cpuQuota, throttledShare: throttledShare(first, second), memoryCurrent, memoryMax, oomKills };
}

/** A group without a quota has no periods; one whose process slept has none in this time, and was not throttled. */
function throttledShare(first: BoxSample | null, second: BoxSample): number | null {
  if (first === null || first.periods === null || first.throttledPeriods === null) return null;
  if (second.periods === null || second.throttledPeriods === null || second.cpuQuota === null) return null;
  const periods = second.periods - first.periods;
  if (periods <= 0) return 0;
  return Math.min(1, Math.max(0, second.throttledPeriods - first.throttledPeriods) / periods);
}

/** The tightest limit of the group and its ancestors is the one in force, and its level's counters are the ones that move. */
function readUnified(groups: string, root: string): BoxSample {
  const folders = levels(root, pathOf(groups, /^0::(.*)$/m));
  const cpu = tightest(folders, (folder) => readQuota(readText(join(folder, 'cpu.max'))));
  const memory = tightest(folders, (folder) => limitOf(readText(join(folder, 'memory.max'))));
  const cpuFolder = cpu?.folder ?? folders[0] ?? root;
  const memoryFolder = memory?.folder ?? folders[0] ?? root;
  return {
    cpuQuota: cpu?.limit ?? null,
    ...readPeriods(cpuFolder),
    memoryCurrent: numberOf(readText(join(memoryFolder, 'memory.current'))),
    memoryMax: memory?.limit ?? null,
    oomKills: counterOf(readText(join(memoryFolder, 'memory.events')), 'oom_kill'),
  };
}

function readSplit(groups: string, root: string): BoxSample {
  const cpuFolders = controllerLevels(groups, root, 'cpu');
  const memoryFolders = controllerLevels(groups, root, 'memory');
  const cpu = tightest(cpuFolders, readSplitQuota);
  const memory = tightest(memoryFolders, (folder) => limitOf(readText(join(folder, 'memory.limit_in_bytes'))));
  const memoryFolder = memory?.folder ?? memoryFolders[0] ?? join(root, 'memory');
  return {
    cpuQuota: cpu?.limit ?? null,
    ...readPeriods(cpu?.folder ?? cpuFolders[0] ?? join(root, 'cpu')),
    memoryCurrent: numberOf(readText(join(memoryFolder, 'memory.usage_in_bytes'))),
    memoryMax: memory?.limit ?? null,
    oomKills: counterOf(readText(join(memoryFolder, 'memory.oom_control')), 'oom_kill'),
  };
}

function readSplitQuota(folder: string): number | null {
  const quota = numberOf(readText(join(folder, 'cpu.cfs_quota_us')));
  const period = numberOf(readText(join(folder, 'cpu.cfs_period_us')));
  return quota !== null && period !== null && quota > 0 && period > 0 ? quota / period : null;
}

function readQuota(text: string | null): number | null {
  const [quota, period] = (text ?? '').split(/\s+/).map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

function readPeriods(folder: string): Pick<BoxSample, 'periods' | 'throttledPeriods'> {
  const stat = readText(join(folder, 'cpu.stat'));
  return { periods: counterOf(stat, 'nr_periods'), throttledPeriods: counterOf(stat, 'nr_throttled') };
}

/** v1 mounts a controller under its own name or together with others (`cpu,cpuacct`). */
function controllerLevels(groups: string, root: string, controller: string): string[] {
  for (const line of groups.split('\n')) {
    const [, names = '', ...path] = line.split(':');
    if (!names.split(',').includes(controller)) continue;
    const mount = [names, controller].map((name) => join(root, name)).find((folder) => existsSync(folder));
    return mount === undefined ? [] : levels(mount, path.join(':'));
  }
  return [];
}

/**
 * The group's folder and those above it, up to the mount. Inside a container the path may be the host's, where nothing of
 * that name is: then the mount itself is the container's group.
 */
function levels(mount: string, path: string): string[] {
  const folders: string[] = [];
  let level = posix.normalize(`/${path}`);
  while (level !== '/' && folders.length < MOST_LEVELS) {
    folders.push(join(mount, level));
    level = posix.dirname(level);
  }
  return [...folders.filter((folder) => existsSync(folder)), mount];
}

function tightest(
  folders: string[],
  read: (folder: string) => number | null,
): { folder: string; limit: number } | null {
  const limits = folders.flatMap((folder) => {
    const limit = read(folder);
    return limit === null ? [] : [{ folder, limit }];
  });
  return limits.sort((one, other) => one.limit - other.limit)[0] ?? null;
}

function pathOf(groups: string, line: RegExp): string {
  return line.exec(groups)?.[1] ?? '/';
}

function limitOf(text: string | null): number | null {
  const limit = numberOf(text);
  return limit === null || limit >= NO_LIMIT ? null : limit;
}

function counterOf(text: string | null, name: string): number | null {
  return numberOf(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? null);
}

function numberOf(text: string | null): number | null {
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null;
}
