/** Every figure that a state or a verdict depends on, once, each with its reason. Times in ms, shares from 0 to 1. */
export const THRESHOLDS = {
  /** A loop that turned this recently is busy, not stuck: shorter pauses are felt by nobody but a benchmark. */
  turnedRecentlyMs: 1000,
  /** A worker of a pool exists to compute: a pool whose workers take seconds for a task is busy, not stalled. */
  workerStuckMs: 10_000,
  /** Up to this utilization a thread counts as idle: what this package does in it takes a tenth, twice that where CPUs are short. */
  busyUtilization: 0.25,
  /** A thread whose loop turns and that uses less of a CPU than this does nothing but wake. */
  quietCpuShare: 0.1,
  /** A thread that waits uses next to no CPU, one that runs gets all but what others take: far from both. */
  onCpuShare: 0.25,
  /** Two looks at a thread nearer than this say nothing: the scheduler's slices are a few ms. */
  leastSampleMs: 20,
  /** Running or waiting for a CPU for at least this share is wanting to run. */
  wantsCpuShare: 0.5,
  /** Below this share of a CPU a thread that wants to run is not let; it leaves room for one period of 100 ms more or less. */
  starvedShare: 0.1,
  /** A process whose threads together have this many CPUs is not starved: where one of them gets little, the others take it. */
  ownCpus: 0.3,
  /** Stacks that must be empty before a thread without a heartbeat is said to be in microtasks; one or two are chance. */
  emptyStacks: 3,
  /** V8 collects again and again with little to win from about here on, and gives up well before 1. */
  heapShare: 0.85,
  /** A group with a quota meets its limit now and then; this share of periods is felt as latency. */
  throttledShare: 0.1,
  /** From here on half of all periods end without CPU: the quota, not the code, decides how long things take. */
  heavilyThrottledShare: 0.5,
  /** Fewer tasks than this at one place are everyday concurrency. */
  pileupTasks: 100,
  /** A pile-up whose oldest task is younger than this is a burst that is being worked off. */
  pileupOldestMs: 5000,
  /** A queue whose oldest task has waited less than this is what a queue is for. */
  queuedMs: 1000,
  /** A leak must have grown by this share and by `leakTasks` from one report to the next: traffic breathes. */
  leakGrowth: 0.2,
  leakTasks: 20,
  /** Between two reports nearer than this nothing can be said of growth. */
  leakIntervalMs: 10_000,
} as const;
