/** Where figures come from, without anything that tells whose machine it is. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';

const MANIFEST = join(import.meta.dirname, '../../package.json');

/** @throws {Error} when `node` is no Node binary */
export function describeMachine(node) {
  const { status, stdout } = spawnSync(node, ['-p', 'process.version'], { encoding: 'utf8', timeout: 20_000 });
  if (status !== 0 || !/^v\d+\./.test(stdout)) throw new Error(`--node: expected a Node binary, got ${node}`);
  return {
    node: stdout.trim(),
    package: JSON.parse(readFileSync(MANIFEST, 'utf8')).version,
    platform: `${platform()}-${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

export function machineLine({ node, platform, cpu, cores, memoryGiB }) {
  return `Node ${node}, ${platform}, ${cores} cores of ${cpu}, ${memoryGiB} GiB`;
}
