/**
 * Writes the kept results into README.md, between its two marks: `node bench/readme.mjs`. One table of the targets with a
 * column for each line of Node, one of what is held against it, of the newest line, and that line's charts.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { between, markdown } from './harness/markdown.mjs';
import { FOLDER, keptResults } from './harness/results.mjs';
import { PACKAGE } from './harness/variants.mjs';

const README = join(PACKAGE, 'README.md');

const results = existsSync(FOLDER) ? keptResults() : [];
if (results.length === 0) {
  process.stderr.write('bench: there are no results: run npm run bench first\n');
  process.exitCode = 1;
} else writeFileSync(README, between(readFileSync(README, 'utf8'), markdown(results)));
