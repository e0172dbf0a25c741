/** `gmr tree PID`: one report a process for a process and all Node.js processes below it, worst first. */
import { GuruError, messageOf } from '../errors.js';
import { escapeJson } from '../view/escape.js';
import { renderTree, worstProcessFirst, type TreeEntry } from '../view/processTree.js';
import { askForReport, type AskOptions } from './ask.js';
import { ASK_OPTIONS, readAskOptions } from './askOptions.js';
import { parsePid } from './choose.js';
import { EXIT, readWords, type Command } from './command.js';
import { inParallel } from './inParallel.js';
import { descendantsOf, readNodeProcess, type NodeProcess } from './nodeProcesses.js';
import { writeAll } from './output.js';
import { printText } from './printText.js';
import { readStat, requireProcfs } from './procfs.js';
import { withProgress } from './progress.js';

/** A report costs its process some tens of ms of CPU; all at once would make a small machine the next problem. */
const AT_ONCE = 4;

export const tree: Command = {
  takes: 'PID',
  summary: 'One report for each Node.js process from this one down, worst first',
  options: {
    json: { type: 'boolean', help: 'as a list of { pid, ppid, name, report, why }' },
    ...ASK_OPTIONS,
  },
  notes: ['Exit code: 0 when there is a report at least, 1 when there is none, 2 for a wrong call.'],
  run: runTree,
};

async function runTree(words: string[]): Promise<number> {
  const { values, positionals } = readWords('tree', tree, words);
  const [word, ...more] = positionals;
  if (word === undefined || more.length > 0)
    throw new GuruError('GMR_USAGE', `tree: expected one process id, got ${positionals.length}`);
  const options = readAskOptions('tree', values);
  const processes = processesFrom(parsePid('tree', word));
  const entries = await withProgress(({ step, signal }) => {
    step(`takes the reports of ${processes.length} processes`);
    return inParallel(processes, AT_ONCE, (one) => entryOf(one, { ...options, signal }));
  });
  if (values['json'] === true) writeAll(`${escapeJson(JSON.stringify(worstProcessFirst(entries), null, 2))}\n`);
  else printText(renderTree(entries));
  return entries.some(({ report }) => report !== null) ? EXIT.done : EXIT.failed;
}

/** This process may be no Node.js itself: a shell, or a container's init. */
function processesFrom(pid: number): NodeProcess[] {
  requireProcfs();
  if (readStat(pid) === null) throw new GuruError('GMR_TARGET', `tree: there is no process ${pid}`);
  const found = [readNodeProcess(pid) ?? [], descendantsOf(pid)].flat().filter((one) => one.pid !== process.pid);
  if (found.length > 0) return found;
  throw new GuruError('GMR_TARGET', `tree: neither process ${pid} nor any below it is Node.js`);
}

async function entryOf({ pid, ppid, name }: NodeProcess, options: AskOptions): Promise<TreeEntry> {
  try {
    return { pid, ppid, name, report: await askForReport(pid, options), why: null };
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    return { pid, ppid, name, report: null, why: messageOf(error) };
  }
}
