/**
 * The heavy end of a report: in the sentinel, and on main where there is none. It is a file of its own in the package,
 * because parsing it would make every start slower: main loads it with the first report, the sentinel soon after its start.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { sentinelFile } from './guard.js';

type HeavyEnd = typeof import('./finish.js');

/** @throws when the package's files are gone. */
export function loadHeavyEnd(): HeavyEnd {
  const file = join(sentinelFile() ?? '', '..', 'guru-meditation-report.cjs');
  return createRequire(file)(file) as HeavyEnd;
}
