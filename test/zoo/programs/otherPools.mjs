/**
 * `otherPools.mjs worker <library> idle|busy|stuck`: a pool of two workers of a library other than Piscina, none of whose
 * objects the report is told about.
 */
import { ready } from '../ready.mjs';
import { makePool } from './poolLibraries.mjs';

const [library, way] = process.argv.slice(3);
const { run } = await makePool(library);

async function submitAgain() {
  for (;;) await run('quick');
}

if (way === 'busy') for (const submit of Array.from({ length: 4 }, () => submitAgain)) void submit();
if (way === 'stuck') run('endless').catch(() => {});
setInterval(() => {}, 1_000_000);
setTimeout(ready, 500);
