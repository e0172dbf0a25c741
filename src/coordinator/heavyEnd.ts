/**
 * The heavy end of a report on main: needed only where there is no sentinel to do it. It is a file of its own in the
 * package, loaded with the first report, because parsing it would make every start slower.
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
