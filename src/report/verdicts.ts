/** What is wrong, from the report alone: a short list, worst first. */
import { findDeadlocks } from './deadlock.js';
import { loadVerdicts } from './loadVerdicts.js';
import { threadVerdicts } from './threadVerdicts.js';
import type { Verdict } from './types.js';
import { worstFirst, type Unjudged } from './verdictParts.js';

export { findLeaks } from './leaks.js';

/** All verdicts but `task-leak`, which needs two reports (`findLeaks`). Facts and inferences are kept apart by `basis`. */
export function findVerdicts(report: Unjudged): Verdict[] {
  return worstFirst([...findDeadlocks(report), ...threadVerdicts(report), ...loadVerdicts(report)]);
}
