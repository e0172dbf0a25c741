/** Processes, Configuration, Package and what the application registered: lines of text, each section folded. */
import type { Json, Report } from '../../report/types.js';
import { counted } from '../amounts.js';
import { dataLines } from '../data.js';
import { processesSection } from '../processes.js';
import { isSelected } from '../selection.js';
import { element, type PageElement } from './element.js';

/** The sections that have something to say and are selected, in the order of the text. */
export function dataSections(report: Report, sections: readonly string[] | undefined): PageElement[] {
  return allSections(report)
    .filter(({ title, lines }) => lines.length > 0 && isSelected(title, sections))
    .map(({ title, lines }) => dataSection(title, lines));
}

interface Lines {
  title: string;
  lines: string[];
}

function allSections(report: Report): Lines[] {
  const docs = Object.entries(report.configurationDocs ?? {}).map(([path, doc]) => `${path}: ${doc}`);
  const names = Object.entries(report.package).filter(([, value]) => value !== null);
  return [
    { title: 'Package', lines: linesOf(Object.fromEntries(names)) },
    { title: 'Processes', lines: processesSection(report, true).blocks.flatMap(({ lines }) => lines) },
    { title: 'Configuration', lines: [...linesOf(report.configuration), ...docs] },
    ...report.sections.map(({ title, data, error }) => ({
      title,
      lines: error === null ? orEmpty(linesOf(data)) : [`No data: ${error}`],
    })),
  ];
}

function linesOf(data: Json): string[] {
  const isEmpty = data === null || (typeof data === 'object' && Object.keys(data).length === 0);
  return isEmpty ? [] : dataLines(data, false);
}

/** A registered section is there also when it is empty, since somebody asked for it. */
function orEmpty(lines: string[]): string[] {
  return lines.length === 0 ? ['(empty)'] : lines;
}

function dataSection(title: string, lines: readonly string[]): PageElement {
  return element(
    'section',
    { 'aria-label': title },
    element(
      'details',
      { class: 'data' },
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
