/** `gmr dump [PID]`: asks an instrumented process for a report, hung or not, or takes one from outside, and prints it. */
import { closeSync, lstatSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { GuruError, messageOf } from '../errors.js';
import type { Format } from '../optionChecks.js';
import type { Report } from '../report/types.js';
import { escape } from '../view/escape.js';
import { render } from '../view/render.js';
import { askForReport } from './ask.js';
import { ASK_OPTIONS, readAskOptions } from './askOptions.js';
import { attachedReport } from './attach/attachedReport.js';
import { choosePid, parsePid } from './choose.js';
import { EXIT, readWords, type Command, type OptionValues } from './command.js';
import { writeAll } from './output.js';
import { printText } from './printText.js';
import { withProgress } from './progress.js';
import { readView } from './values.js';

/** A report is for its owner. */
const MODE = 0o600;

export const dump: Command = {
  takes: '[PID]',
  summary: 'Ask a process for a report, hung or not, and print it',
  options: {
    view: { type: 'string', value: 'VIEW', help: 'text (default), json, xml, summary or html' },
    json: { type: 'boolean', help: 'the same as --view json' },
    full: { type: 'boolean', help: 'unfold what is folded' },
    output: { type: 'string', short: 'o', value: 'FILE', help: 'write it there instead of stdout' },
    html: { type: 'string', value: 'FILE', help: 'write it there as a page for a browser' },
    attach: { type: 'boolean', help: 'read PID by its inspector, for a process without this package' },
    ...ASK_OPTIONS,
  },
  notes: [
    'Without PID it is the only instrumented process of this user; of several a list is shown.',
    'A launcher (npm, tsx) stands for the one instrumented process that it has started.',
    '--attach opens the inspector by SIGUSR1, on loopback, for a second or so (default --deadline: 8000). Node says so on',
    'the stderr of PID in lines of its own ("Debugger listening", "For help", "Debugger attached"); nothing else is left.',
    'Not for a process that listens to SIGUSR1 itself.',
    'Exit code: 0, 1 when there is no report, 2 for a wrong call or when PID is needed.',
  ],
  run: runDump,
};

async function runDump(words: string[]): Promise<number> {
  const { values, positionals } = readWords('dump', dump, words);
  const options = readAskOptions('dump', values);
  const view = readView('dump', values);
  const isAttached = values['attach'] === true;
  const pid = isAttached ? namedPid(positionals) : choosePid('dump', positionals);
  const take = isAttached ? attachedReport : askForReport;
  const report = await withProgress(({ step, signal }) => take(pid, { ...options, onStep: step, signal }));
  print(report, values, view);
  return EXIT.done;
}

/** No process is attached to that was not named. */
function namedPid([word, ...more]: readonly string[]): number {
  if (word === undefined || more.length > 0)
    throw new GuruError('GMR_USAGE', 'dump: expected one process id behind --attach');
  return parsePid('dump', word);
}

function print(report: Report, values: OptionValues, view: Format): void {
  const { html, output } = values;
  if (typeof html === 'string') write(html, rendered(report, 'html', false));
  const isAskedFor = typeof output === 'string' || values['json'] === true || values['view'] !== undefined;
  if (typeof html === 'string' && !isAskedFor) return;
  const text = rendered(report, view, values['full'] === true);
  if (typeof output === 'string') write(output, text);
  else if (view === 'text') printText(text);
  else writeAll(text);
}

function rendered(report: Report, view: Format, full: boolean): string {
  const text = render(report, view, { full });
  return text.endsWith('\n') ? text : `${text}\n`;
}

function write(file: string, text: string): void {
  try {
    writeWhole(file, text);
  } catch (cause) {
    throw new GuruError('GMR_OUTPUT', `dump: ${escape(file)} cannot be written: ${escape(messageOf(cause))}`, {
      cause,
    });
  }
}

/** A report that was cut is none, so nothing is left of it; a device, a pipe or a link, such as /dev/stdout, stays. */
function writeWhole(file: string, text: string): void {
  const descriptor = openSync(file, 'w', MODE);
  try {
    writeFileSync(descriptor, text);
  } catch (error) {
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === true) unlinkSync(file);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
