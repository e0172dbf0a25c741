/** The head of the page: whose report this is, when and how it was taken, and the machine around it. */
import type { Report } from '../../report/types.js';
import { duration, moment } from '../amounts.js';
import { boxFacts, readOfThreads } from '../screenStates.js';
import { element, type PageElement } from './element.js';

export function masthead(report: Report): PageElement {
  const { process, report: header } = report;
  return element(
    'header',
    { class: 'masthead' },
    element('p', { class: 'brand' }, 'Guru Meditation'),
    element(
      'h1',
      {},
      process.serviceName,
      report.package.version === null ? null : ' ',
      report.package.version === null ? null : element('span', { class: 'version' }, report.package.version),
    ),
    element('dl', { class: 'facts' }, ...facts(report)),
    header.collectedBy === 'sentinel'
      ? note('Collected by the sentinel, because main did not lead this report.')
      : null,
    !header.complete && header.notRead.length === 0 ? note('This report is not complete.') : null,
  );
}

function facts(report: Report): PageElement[] {
  const { process, report: header } = report;
  const { kind, detail } = header.trigger;
  const extra = header.durationMs - header.stacksMs;
  const evidence = extra >= 1 ? `, evidence in ${duration(extra)}` : '';
  const box = boxFacts(report);
  return [
    fact(
      'When',
      element(
        'time',
        { datetime: header.requestedAt },
        moment(header.requestedAt).replace('T', ' ').replace('Z', ' UTC'),
      ),
      ` by ${detail === '' ? kind : detail}`,
    ),
    fact('Where', `${process.host}, pid ${process.pid}, up ${duration(process.uptimeMs)}`),
    fact('Runs', `node ${process.node.replace(/^v/, '')} ${process.platform}-${process.arch}`),
    fact('Read', `${readOfThreads(report)} in ${duration(header.stacksMs)}${evidence}`),
    ...(box.length === 0 ? [] : [fact('Box', box.join(', '))]),
    fact('Report', header.id),
  ];
}

function fact(name: string, ...value: (PageElement | string)[]): PageElement {
  return element('div', {}, element('dt', {}, name), element('dd', {}, ...value));
}

function note(text: string): PageElement {
  return element('p', { class: 'quiet' }, text);
}
