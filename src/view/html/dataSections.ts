/** Processes, Configuration, Package and what the application registered: lines of text, each section folded. */
import type { Json, Report } from '../../report/types.js';
import { counted } from '../amounts.js';
import { dataLines } from '../data.js';
import { processesSection } from '../processes.js';
import { isSelected } from '../selection.js';
import { element, type PageElement } from './element.js';

/** A section that the application registered is open where it is no longer than this: somebody wanted to see it. */
const OPEN_MOST = 20;

/** The sections that have something to say and are selected, in the order of the text. */
export function dataSections(report: Report, sections: readonly string[] | undefined): PageElement[] {
  return allSections(report)
    .filter(({ title, lines }) => lines.length > 0 && isSelected(title, sections))
    .map(dataSection);
}

interface Lines {
  title: string;
  lines: string[];
  isOpen: boolean;
}

function allSections(report: Report): Lines[] {
  const docs = Object.entries(report.configurationDocs ?? {}).map(([path, doc]) => `${path}: ${doc}`);
  const names = Object.entries(report.package).filter(([, value]) => value !== null);
  const base: [title: string, lines: string[]][] = [
    ['Package', linesOf(Object.fromEntries(names))],
    ['Processes', processesSection(report, true).blocks.flatMap(({ lines }) => lines)],
    ['Configuration', [...linesOf(report.configuration), ...docs]],
  ];
  const registered = report.sections.map(({ title, data, error }) => {
    const lines = error === null ? orEmpty(linesOf(data)) : [`No data: ${error}`];
    return { title, lines, isOpen: lines.length <= OPEN_MOST };
  });
  return [...base.map(([title, lines]) => ({ title, lines, isOpen: false })), ...registered];
}

function linesOf(data: Json): string[] {
  const isEmpty = data === null || (typeof data === 'object' && Object.keys(data).length === 0);
  return isEmpty ? [] : dataLines(data, false);
}

/** A registered section is there also when it is empty, since somebody asked for it. */
function orEmpty(lines: string[]): string[] {
  return lines.length === 0 ? ['(empty)'] : lines;
}

function dataSection({ title, lines, isOpen }: Lines): PageElement {
  return element(
    'section',
    { 'aria-label': title },
    element(
      'details',
      isOpen ? { class: 'data', open: '' } : { class: 'data' },
      element(
        'summary',
        {},
        element('h2', {}, title),
        ' ',
        element('span', { class: 'quiet' }, counted(lines.length, 'line')),
      ),
      element('pre', {}, ...lines.map((line) => element('span', { class: 'line' }, line))),
    ),
  );
}
