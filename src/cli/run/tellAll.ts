/** Asks every instrumented process of a tree for a report, and tells what they say: the worst first. */
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../errors.js';
import { findSuspects, worstReportsFirst } from '../../report/suspects.js';
import type { Report } from '../../report/types.js';
import { counted } from '../../view/amounts.js';
import { escape } from '../../view/escape.js';
import { render } from '../../view/render.js';
import { renderAnnotations, renderMarkdown, renderSuspects } from '../../view/suspects.js';
import { askForReport } from '../ask.js';
import { inParallel } from '../inParallel.js';
import { readNodeProcess } from '../nodeProcesses.js';
import { writeAll } from '../output.js';
import { printNotice } from '../printText.js';
import { membersOf, type Tree } from './tree.js';

export interface Telling {
  /** Annotations for GitHub on stdout. */
  isForGithub: boolean;
  /** A file to which a summary in Markdown is added; null for none. */
  markdown: string | null;
  /** A folder for an HTML page a process; null for none. */
  html: string | null;
}

const AT_A_TIME = 8;

/** For all of them together: one that answers no request must not keep the others from being told. */
const LONGEST_MS = 20_000;

/** Sections that say what a process does; the rest of a report is about the service it is. */
const SECTIONS = ['Threads', 'Green Threads', 'Pools'];

interface Answers {
  reports: Report[];
  /** A line for each process that gave none. */
  silent: string[];
}

/** Tells on stderr what hangs, then every report. `why` is the sentence in front. Never throws. */
export async function tellAll(tree: Tree, why: string, telling: Telling): Promise<void> {
  const { reports, silent } = await askAll(tree);
  const all = reports.length + silent.length;
  const suspects = findSuspects(reports, process.cwd());
  const head = `gmr: ${why}; ${reports.length} of ${counted(all, 'Node.js process', 'Node.js processes')} told what they do`;
  printNotice([head, ...silent.map(escape), ''].join('\n'));
  const collected = reports.reduce((sum, { tasks }) => sum + tasks.collectedUnsettled, 0);
  printNotice(`${renderSuspects(suspects, collected)}\n`);
  for (const report of worstReportsFirst(reports, process.cwd()))
    printNotice(render(report, 'text', { sections: SECTIONS }));
  const { isForGithub, markdown, html } = telling;
  if (isForGithub)
    attempt('the annotations', () =>
      writeAll(renderAnnotations(suspects, process.env['GITHUB_WORKSPACE'] ?? process.cwd())),
    );
  if (markdown !== null)
    attempt('the summary', () => appendFileSync(markdown, renderMarkdown(suspects, `gmr run: ${why}`)));
  if (html !== null) attempt('the HTML pages', () => writePages(reports, html));
}

async function askAll(tree: Tree): Promise<Answers> {
  const answers: Answers = { reports: [], silent: [] };
  const signal = AbortSignal.timeout(LONGEST_MS);
  const processes = membersOf(tree).flatMap(({ pid }) => readNodeProcess(pid) ?? []);
  await inParallel(processes, AT_A_TIME, async ({ pid, name }) => {
    try {
      answers.reports.push(await askForReport(pid, { signal }));
    } catch (error) {
      const reason = signal.aborted ? 'it did not answer in time' : messageOf(error);
      answers.silent.push(`gmr: no report of ${name} ${pid}: ${reason}`);
    }
  });
  return answers;
}

function writePages(reports: readonly Report[], folder: string): void {
  makeFolder(folder);
  for (const report of reports) {
    const name = `${report.process.serviceName.replaceAll(/[^\w.-]+/g, '_').slice(0, 80)}-${report.process.pid}.html`;
    writeFileSync(join(folder, name), render(report, 'html'));
  }
}

/** Not by `recursive`, which never returns where a folder is there in which none can be made (/proc; seen on 20 to 26). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** What else should be written must not keep the program's end from coming. */
function attempt(what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    printNotice(`gmr: ${what} could not be written: ${escape(messageOf(error))}`);
  }
}
