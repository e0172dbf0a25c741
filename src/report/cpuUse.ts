/** What the kernel's evidence says of a thread and the CPU. */
import { THRESHOLDS } from './thresholds.js';
import type { KernelEvidence } from './types.js';

/** The kernel shows CPU time in ticks of 1/100 s. */
const TICK_MS = 10;

export interface CpuUse {
  /** `runs`: on a CPU. `starves`: wants one and is not let. `waits`: does not want one. `stopped`: by a signal or a debugger. */
  kind: 'runs' | 'starves' | 'waits' | 'stopped';
  /** Share of the time between the samples spent on a CPU; null where the samples are too near to say. */
  share: number | null;
  /** For a person. */
  evidence: string;
}

/**
 * Whether a thread ran, starved or waited between two samples. Without schedstat, or with a single sample, the
 * scheduler's letter decides: R is running or wanting to.
 */
export function cpuUse(kernel: KernelEvidence): CpuUse {
  if (kernel.state === 'T' || kernel.state === 't') {
    return { kind: 'stopped', share: null, evidence: 'stopped by a signal or a debugger' };
  }
  if (kernel.sampleMs < THRESHOLDS.leastSampleMs) {
    const kind = kernel.state === 'R' ? 'runs' : 'waits';
    return { kind, share: null, evidence: `state ${kernel.state}, seen once` };
  }
  const share = Math.min(1, (kernel.onCpuMs ?? kernel.cpuTicks * TICK_MS) / kernel.sampleMs);
  return { kind: kindOf(kernel, share), share, evidence: evidenceOf(kernel) };
}

function kindOf(kernel: KernelEvidence, share: number): CpuUse['kind'] {
  if (wantsCpu(kernel, share) && share < THRESHOLDS.starvedShare) return 'starves';
  return share >= THRESHOLDS.onCpuShare || wantsCpu(kernel, share) ? 'runs' : 'waits';
}

/** Run delay is booked only when a wait for a CPU ends: one that goes on shows as R without a switch of the thread's own. */
function wantsCpu(kernel: KernelEvidence, share: number): boolean {
  const delayed = (kernel.runDelayMs ?? 0) / kernel.sampleMs;
  if (share + delayed >= THRESHOLDS.wantsCpuShare) return true;
  return kernel.state === 'R' && kernel.contextSwitches !== null && kernel.contextSwitches.voluntary === 0;
}

function evidenceOf(kernel: KernelEvidence): string {
  const span = `${Math.round(kernel.sampleMs)} ms`;
  if (kernel.onCpuMs === null) return `+${kernel.cpuTicks} CPU ticks of 10 ms in ${span} (state ${kernel.state})`;
  const delay = kernel.runDelayMs ?? 0;
  const waited = delay >= 1 ? `, waited ${Math.round(delay)} ms for one` : '';
  return `on a CPU for ${Math.round(kernel.onCpuMs)} of ${span}${waited} (state ${kernel.state}, +${kernel.cpuTicks} ticks)`;
}
