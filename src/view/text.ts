/** The report as text, for a person on call at 3 a.m.: the verdicts on the first screen, then everything they rest on. */
import type { Json, NotRead, Report } from '../report/types.js';
import { dataLines } from './data.js';
import { cut, escape } from './escape.js';
import { firstScreen, shortId } from './firstScreen.js';
import { greenThreadsSection } from './greenThreads.js';
import type { Block, Section } from './layout.js';
import { printLines, printSection, WIDTH, wrap } from './layout.js';
import { poolsSection } from './pools.js';
import { processesSection } from './processes.js';
import { isOfThread, isRead, notReadInWords, readOfThreads } from './screenStates.js';
import type { ViewOptions } from './selection.js';
import { isSelected, unknownNames } from './selection.js';
import { threadsSection } from './threads.js';
import { wholeReport } from '../report/whole.js';
import { groupVerdicts, verdictInOneLine, verdictLines } from './verdictBlocks.js';

const END_MOST = 160;

/** The whole text, with a line break at its end. Every line of it starts with `linePrefix`. */
export function renderText(given: Report, options: ViewOptions = {}): string {
  const report = wholeReport(given);
  const full = options.full === true;
  const screen = firstScreen(report, full);
  const sections = selectedSections(report, options, screen.isShortened);
  const lines = [
    ...screenLines(screen.lines, full),
    '',
    ...sections.flatMap((section) => printSection(section, full)),
    '='.repeat(WIDTH),
    `-- end ${escape(shortId(report))}: ${verdictLine(report)} --`,
  ];
  const prefix = escape(options.linePrefix ?? '');
  return lines.map((line) => `${prefix}${line}\n`).join('');
}

/** What is stuck, what waits, what is fine, and what to do next: at most as many lines as a small terminal has. */
export function renderFirstScreen(given: Report): string {
  return screenLines(firstScreen(wholeReport(given), false).lines, false)
    .map((line) => `${line}\n`)
    .join('');
}

function screenLines([header = '', ...rest]: readonly string[], full: boolean): string[] {
  return [escape(header), ...printLines(rest, full)];
}

function selectedSections(report: Report, options: ViewOptions, withVerdicts: boolean): Section[] {
  const full = options.full === true;
  const sections = allSections(report, full).filter(({ title }) => isSelected(title, options.sections));
  const titles = [...BASE_TITLES, ...report.sections.map((section) => section.title)];
  const unknown = unknownNames(titles, options.sections);
  if (unknown.length > 0)
    sections.push({ title: 'Sections', blocks: [plain([`(not in this report: ${unknown.join(', ')})`])] });
  return [...(withVerdicts ? [verdictsSection(report)] : []), ...sections.filter((section) => !isEmpty(section))];
}

const BASE_TITLES = [
  'Verdicts',
  'Package',
  'Not Read',
  'Threads',
  'Green Threads',
  'Pools',
  'Processes',
  'Configuration',
];

function allSections(report: Report, full: boolean): Section[] {
  return [
    dataSection(report, 'Package', withoutNulls(report.package), full),
    notReadSection(report),
    threadsSection(report, full),
    greenThreadsSection(report, full),
    poolsSection(report, full),
    processesSection(report, full),
    configurationSection(report, full),
    ...report.sections.map(({ title, data, error }) => registeredSection(report, title, data, error, full)),
  ];
}

/** The verdicts whole, where the first screen had no room for all of it. */
function verdictsSection(report: Report): Section {
  const lines = groupVerdicts(report).flatMap((group) => {
    const next = group.next.flatMap((step, index) =>
      wrap(step, WIDTH - 9).map((line, part) => (index + part === 0 ? '  next   ' : ' '.repeat(9)) + line),
    );
    return [...verdictLines(report, group, 'whole'), ...next, ''];
  });
  return { title: 'Verdicts', blocks: [plain(lines.slice(0, -1))] };
}

/** What could not be read of the process as a whole, or of a thread that has no block of its own. */
function notReadSection(report: Report): Section {
  const known = new Set(report.threads.map((thread) => thread.threadId));
  const entries = report.report.notRead.filter((entry) => !isOfThread(entry) || !known.has(entry.threadId ?? -1));
  return { title: 'Not Read', blocks: [plain(notReadInWords(report, entries).flatMap((line) => wrap(line, WIDTH)))] };
}

/** Data of a base section; where it could not be read now, what is shown is what was read last. */
function dataSection(report: Report, title: string, data: Json, full: boolean): Section {
  const lines = isEmptyData(data) ? [] : dataLines(data, full);
  const missing = report.report.notRead.find((entry) => !isOfThread(entry) && isAbout(entry, title));
  if (missing === undefined) return { title, blocks: [plain(lines)] };
  const shown = lines.length === 0 ? '' : ' What follows was read before.';
  return { title, blocks: [plain(wrap(`Not read now, because ${missing.why}.${shown}`, WIDTH)), plain(lines)] };
}

/** The values, and below them what they mean where the configuration says so. */
function configurationSection(report: Report, full: boolean): Section {
  const section = dataSection(report, 'Configuration', report.configuration, full);
  const docs = Object.entries(report.configurationDocs ?? {});
  if (docs.length === 0) return section;
  const lines = docs.flatMap(([path, doc]) => wrap(escape(`${path}: ${doc}`), WIDTH));
  return { ...section, blocks: [...section.blocks, plain(lines)] };
}

/** A section the application registered: also an empty one is there, since somebody asked for it. */
function registeredSection(report: Report, title: string, data: Json, error: string | null, full: boolean): Section {
  const failed = error === null ? [] : [`(no data: ${error})`];
  const lines = data === null && error !== null ? [] : dataLines(data, full);
  const shown = [...failed, ...lines];
  if (shown.length > 0) return { title, blocks: [plain(shown)] };
  return dataSection(report, title, '(empty)', full);
}

/** `guru-meditation k3f9-1: STUCK worker 3 renderTable src/pdf/table.ts:118 41 s`: a report in one line, without a line break. */
export function renderLastLine(given: Report): string {
  const report = wholeReport(given);
  return `guru-meditation ${escape(shortId(report))}: ${verdictLine(report)}`;
}

/** The worst verdict of a report, or that there is none, escaped and without a line break. */
export function worstInOneLine(given: Report): string {
  return verdictLine(wholeReport(given));
}

/** The worst verdict, or that there is none: all that the tail of a log shows. */
function verdictLine(report: Report): string {
  const worst = report.verdicts.find((verdict) => verdict.severity !== 'info');
  const isWhole = report.threads.every(isRead);
  const calm = isWhole
    ? 'nothing looks stuck'
    : `nothing that could be read looks stuck, ${readOfThreads(report)} read`;
  const verdict = worst === undefined ? calm : verdictInOneLine(report, worst);
  return escape(cut(verdict, END_MOST));
}

function plain(lines: string[]): Block {
  return { heading: null, lines };
}

function isEmpty(section: Section): boolean {
  return section.blocks.every((block) => block.heading === null && block.lines.length === 0);
}

function isAbout(entry: NotRead, title: string): boolean {
  return entry.what.toLowerCase().includes(title.toLowerCase());
}

function isEmptyData(data: Json): boolean {
  return data === null || (typeof data === 'object' && Object.keys(data).length === 0);
}

function withoutNulls(facts: { [key: string]: string | null } | Report['package']): Json {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
}
