/** The tasks of all threads, condensed, and what keeps a thread running. */
import type { Frame } from './threadTypes.js';

/**
 * `http-out`: `GET payments:443 /charge`, method, host and path without query, or `payments:443, other paths` where they are
 * many. `http-in`: a request that this process has not answered yet, by its port: `GET :8080 /orders`. `socket`: the other end,
 * `10.0.0.3:5432`, or `clients of :8080`.
 */
export interface WaitsFor {
  kind: 'http-out' | 'http-in' | 'socket' | 'child-process' | 'file' | 'thread' | 'other';
  what: string;
}

export interface TaskGroup {
  id: string;
  count: number;
  /** `await`, `request` (HTTP, in or out), or the async resource's type (`Timeout`, `TCPWRAP`, `Piscina.Task`, ...). */
  type: string;
  threadIds: number[];
  ageMs: { min: number; median: number; max: number } | null;
  /** Innermost await first; empty for handles. */
  awaitStack: Frame[];
  /** Where the handle was created; empty where no stack was taken. */
  createdAt: Frame[];
  /** True, false, or null where nobody can tell. */
  keepsAlive: boolean | null;
  ref: boolean | null;
  /** Types of the tasks that created these, nearest first. */
  parent: string[];
  /** What the application labelled their scope with; part of what tells groups apart. */
  labels: Record<string, string>;
  waitsFor: WaitsFor | null;
  /** A few async ids; the rest is counted in `idsElided`. */
  ids: number[];
  idsElided: number;
  /** What else a person must know of the group, such as that V8 gives no frames where a promise has two awaiters. */
  note: string | null;
}

/** Something that keeps a thread running, as `whyAlive()` lists it. */
export interface KeptAlive {
  /** The async resource's type (`TCPSERVERWRAP`, `Timeout`, ...). */
  type: string;
  count: number;
  /** True when it says that it is ref'd; null where nobody can tell. */
  ref: boolean | null;
  ageMs: { min: number; median: number; max: number } | null;
  /** When the oldest was made (ISO 8601); null where no age is known. */
  since: string | null;
  /** Where it was made, most recent call first; why-is-node-running knows neither functions nor columns. */
  createdAt: Pick<Frame, 'function' | 'file' | 'line' | 'column'>[];
  /** Who knows it: this package, why-is-node-running, or Node itself (`process.getActiveResourcesInfo`), by type alone. */
  source: 'tracker' | 'why-is-node-running' | 'node';
}

/** The search of one thread's heap for pending promises. */
export interface ThreadHeapScan {
  threadId: number;
  done: boolean;
  /** Why it was done, or was not. */
  why: string;
  /** How long it kept the thread from its own work. */
  pauseMs: number;
}

export type TasksMode = 'off' | 'handles' | 'on' | 'full';

export interface TasksReport {
  mode: TasksMode;
  /** Of all threads whose promises nobody watched: whether any heap was searched, why (not), and the longest pause. */
  heapScan: { done: boolean; why: string; pauseMs: number; byThread: ThreadHeapScan[] };
  pending: number;
  /** How many of the pending promises were asked for their await stack. */
  placesRead: number;
  collectedUnsettled: number;
  groupsElided: number;
  groups: TaskGroup[];
}
