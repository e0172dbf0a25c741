/** What is wrong, worst first, one card a verdict; or, as plainly, that nothing looks stuck. */
import { formatPlace } from '../../report/frames.js';
import type { Report, Severity } from '../../report/types.js';
import { calmSentence } from '../firstScreen.js';
import { sourceOf } from '../stackLines.js';
import { doingOf, groupVerdicts, headline, isOfThread, labelOf, type VerdictGroup } from '../verdictBlocks.js';
import { notReadInWords, statesInWords } from '../screenStates.js';
import { element, type PageElement } from './element.js';
import { frameInline } from './stack.js';

/** Cards of a broken process may be many; each is small, and the list of threads shows the same. */
const CARDS_MOST = 200;

const TONES = new Map<string, string>(
  Object.entries({ critical: 'critical', warning: 'warning', info: 'quiet' } satisfies Record<Severity, string>),
);

export function verdictsSection(report: Report): PageElement {
  const groups = groupVerdicts(report);
  const isCalm = groups.every(({ first }) => first.severity === 'info');
  const hidden = groups.length - CARDS_MOST;
  return element(
    'section',
    { class: 'verdicts', 'aria-label': 'Verdicts' },
    isCalm ? calmCard(report) : null,
    ...groups.slice(0, CARDS_MOST).map((group) => verdictCard(report, group)),
    hidden > 0 ? element('p', { class: 'quiet' }, `${hidden} more verdicts in the JSON below`) : null,
    restList(report),
    nextSteps(report),
  );
}

function calmCard(report: Report): PageElement {
  const [first = '', ...rest] = calmSentence(report).split(/(?<=\.) /);
  return element(
    'article',
    { class: 'card tone-good' },
    element('h2', {}, element('span', { class: 'label' }, 'FINE'), ' ', first),
    rest.length === 0 ? null : element('p', {}, rest.join(' ')),
  );
}

function verdictCard(report: Report, group: VerdictGroup): PageElement {
  const { first } = group;
  return element(
    'article',
    { class: `card tone-${TONES.get(first.severity) ?? 'quiet'}` },
    element('h2', {}, element('span', { class: 'label' }, labelOf(first)), ' ', headline(report, group)),
    element('div', { class: 'what' }, ...place(report, group), rows(report, group)),
    element('div', { class: 'sure' }, ...sure(group)),
  );
}

/** What to do, each step once, in the order of the verdicts. */
function nextSteps(report: Report): PageElement | null {
  const steps = [...new Set(report.verdicts.flatMap((verdict) => verdict.next))];
  if (steps.length === 0) return null;
  return element(
    'div',
    { class: 'next' },
    element('h2', {}, 'Next'),
    element('ul', {}, ...steps.map((step) => element('li', {}, step))),
  );
}

function place(report: Report, { first }: VerdictGroup): PageElement[] {
  const { frame } = first;
  if (frame === null) return [];
  const source = sourceOf(frame);
  const known = formatPlace(frame, report.process.root);
  if (!isOfThread(first) && known !== '' && first.evidence.some((line) => line.includes(known))) return [];
  const line = element('p', { class: 'where' }, frameInline(frame, report.process.root));
  if (source === null) return [line];
  const code = element('code', {}, source);
  const number = element('span', { class: 'line-number', 'aria-hidden': 'true' }, String(frame.line ?? '?'));
  return [line, element('p', { class: 'code' }, number, code)];
}

/** A thread that spins at a known place needs no sentence; what the sentence says already is not said again. */
function rows(report: Report, group: VerdictGroup): PageElement | null {
  const { first } = group;
  const isPlain = !isOfThread(first) || (first.code === 'thread-spinning' && first.frame !== null);
  const why = isPlain ? '' : first.text;
  const facts: [name: string, value: string | null][] = [
    ['why', why === '' ? null : why],
    ['waits for', first.waitsFor?.what ?? null],
    ['doing', doingOf(report, group)],
  ];
  const items = facts
    .filter(([name, value]) => value !== null && (name === 'why' || !why.includes(value)))
    .map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)));
  return items.length === 0 ? null : element('dl', { class: 'facts' }, ...items);
}

/** What it rests on: measured facts apart from what is only inferred. */
function sure({ first }: VerdictGroup): PageElement[] {
  const inferred = first.evidence.filter((line) => line.startsWith('inferred:'));
  const facts = first.evidence.filter((line) => !inferred.includes(line));
  const parts: [title: string, lines: string[]][] = [
    [first.basis === 'measured' ? 'Measured' : 'Inferred from', facts],
    ['Inferred', inferred.map((line) => line.replace(/^inferred: */, ''))],
  ];
  return parts
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) =>
      element(
        'div',
        { class: 'evidence' },
        element('h3', {}, title),
        element('ul', {}, ...lines.map((line) => element('li', {}, line.replace(/^measured: */, '')))),
      ),
    );
}

/** Every thread that no verdict names, and what could not be read. */
function restList(report: Report): PageElement | null {
  const { fine, others } = statesInWords(report);
  const unread = notReadInWords(report, report.report.notRead);
  const items: PageElement[] = [];
  if (fine.length > 0) items.push(restItem('good', 'FINE', fine.join(', ')));
  if (others.length > 0) items.push(restItem('warning', 'OTHER', others.join(', ')));
  for (const line of unread) items.push(restItem('quiet', 'UNREAD', line));
  return items.length === 0 ? null : element('ul', { class: 'rest' }, ...items);
}

function restItem(tone: string, label: string, text: string): PageElement {
  return element('li', { class: `tone-${tone}` }, element('span', { class: 'label' }, label), ' ', text);
}
