/** Stacks merged into one tree: what stacks have in common, outermost call first, is one node as wide as all of them. */
import { formatFold, formatFunction, formatPlace, originOf, packageOf } from '../../report/frames.js';
import type { Frame, Report, TaskGroup, ThreadReport } from '../../report/types.js';

export interface CallNode {
  function: string;
  /** Empty where the code has no file. */
  place: string;
  /** What to search for to find what goes through this call; empty for all, null where no words would find it. */
  query: string | null;
  /** Whether it is the application's own code. */
  isOwn: boolean;
  /** Whether a verdict that is an alarm names this function. */
  isBlamed: boolean;
  value: number;
  threadIds: number[];
  /** Widest first. */
  children: CallNode[];
}

/** Deeper calls are left out: nobody scrolls a thousand rows, and a hostile report could overflow the stack. */
const DEPTH_MOST = 100;

/** A call on a path; equal keys are the same call. */
interface Step {
  key: string;
  call: Pick<CallNode, 'function' | 'place' | 'query' | 'isOwn' | 'isBlamed'>;
}

interface Growing extends Omit<CallNode, 'children' | 'threadIds'> {
  threadIds: Set<number>;
  below: Map<string, Growing>;
}

/**
 * Where threads spent the samples that were taken of them. The value of a node is a sum of shares: 1 is one thread for all
 * the time. Samples tell the function on top; the calls above it are those of the thread's stack, where that has it.
 */
export function hotTree(report: Report): CallNode {
  const builder = new TreeBuilder(report, 'all samples', functionKey);
  for (const thread of report.threads)
    for (const { frame, share } of thread.hot) builder.add(pathTo(thread, frame), share, [thread.threadId]);
  return builder.finish();
}

/** Pending awaits by their await stacks. The value of a node is a count of tasks. */
export function awaitTree(report: Report, groups: readonly TaskGroup[] = report.tasks.groups): CallNode {
  const builder = new TreeBuilder(report, 'all awaits', lineKey);
  for (const { awaitStack, count, threadIds } of groups)
    if (awaitStack.length > 0) builder.add([...awaitStack].reverse(), count, threadIds);
  return builder.finish();
}

/** From the outermost call to the frame. */
function pathTo({ stack }: ThreadReport, frame: Frame): Frame[] {
  const at = stack.findIndex((one) => one.function === frame.function && one.file === frame.file);
  return at === -1 ? [frame] : stack.slice(at).reverse();
}

class TreeBuilder {
  readonly #root: string | null;
  readonly #blamed: ReadonlySet<string>;
  readonly #top: Growing;
  readonly #keyOf: (frame: Frame) => string;

  /** `keyOf` tells which calls are the same one. */
  constructor(report: Report, name: string, keyOf: (frame: Frame) => string) {
    this.#root = report.process.root;
    this.#keyOf = keyOf;
    const alarms = report.verdicts.filter(({ severity }) => severity !== 'info');
    this.#blamed = new Set(alarms.flatMap(({ frame }) => (frame === null ? [] : [functionKey(frame)])));
    const plain = { function: name, place: '', query: '', isOwn: false, isBlamed: false, value: 0 };
    this.#top = { ...plain, threadIds: new Set(), below: new Map() };
  }

  add(path: readonly Frame[], value: number, threadIds: readonly number[]): void {
    let node = this.#top;
    countIn(node, value, threadIds);
    for (const step of this.#steps(path.slice(0, DEPTH_MOST))) {
      const next = node.below.get(step.key) ?? { ...step.call, value: 0, threadIds: new Set(), below: new Map() };
      node.below.set(step.key, next);
      countIn(next, value, threadIds);
      node = next;
    }
  }

  finish(): CallNode {
    return finished(this.#top);
  }

  /** Calls in order; several in a row that are not the application's are one, but for the last: that is what it is about. */
  #steps(path: readonly Frame[]): Step[] {
    const steps: Step[] = [];
    let run: Frame[] = [];
    for (const [index, frame] of path.entries()) {
      const isForeign = ['node', 'package'].includes(originOf(frame, this.#root));
      if (isForeign && index < path.length - 1) {
        run.push(frame);
        continue;
      }
      steps.push(...this.#folded(run), this.#stepOf(frame));
      run = [];
    }
    return steps;
  }

  #folded(run: readonly Frame[]): Step[] {
    if (run.length < 2) return run.map((frame) => this.#stepOf(frame));
    const packages = run.map(({ file }) => packageOf(file ?? '', this.#root)).filter((name) => name !== null);
    const fold = { count: run.length, node: run.length - packages.length, packages: [...new Set(packages)] };
    const words = formatFold(fold).replace(' hidden', '');
    return [{ key: words, call: { function: words, place: '', query: null, isOwn: false, isBlamed: false } }];
  }

  #stepOf(frame: Frame): Step {
    const [name, place] = [formatFunction(frame), formatPlace(frame, this.#root)];
    return {
      key: this.#keyOf(frame),
      call: {
        function: name,
        place,
        query: `${name} ${place}`,
        isOwn: originOf(frame, this.#root) === 'application',
        isBlamed: this.#blamed.has(functionKey(frame)),
      },
    };
  }
}

function countIn(node: Growing, value: number, threadIds: readonly number[]): void {
  node.value += value;
  for (const id of threadIds) node.threadIds.add(id);
}

function finished({ below, threadIds, ...facts }: Growing): CallNode {
  const children = [...below.values()].map(finished).sort((one, other) => other.value - one.value);
  return { ...facts, threadIds: [...threadIds], children };
}

/** Samples of one function differ in their line from one to the next. */
function functionKey(frame: Frame): string {
  return JSON.stringify([formatFunction(frame), frame.file]);
}

/** An await is its line; its column does not make it another one, since no reader sees it. */
function lineKey(frame: Frame): string {
  return JSON.stringify([formatFunction(frame), frame.file, frame.line]);
}
