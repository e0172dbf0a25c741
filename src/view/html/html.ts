/**
 * The report as one HTML file that needs nothing else: no network, no other file, scripts only to filter and to draw. Its
 * Content-Security-Policy lets nothing run but the one script and the one style sheet that belong to this package.
 */
import scriptHash from '../../../dist/page/page.js.sha256' with { type: 'text' };
import script from '../../../dist/page/page.js' with { type: 'text' };
import styleHash from '../../../dist/page/page.css.sha256' with { type: 'text' };
import style from '../../../dist/page/page.css' with { type: 'text' };
import type { Report } from '../../report/types.js';
import { escapeJson } from '../escape.js';
import { selectedReport } from '../selectedReport.js';
import { isSelected, type ViewOptions } from '../selection.js';
import { worstInOneLine } from '../text.js';
import { wholeReport } from '../../report/whole.js';
import { chartFrame } from './chartFrame.js';
import { dataSections } from './dataSections.js';
import { element, type PageElement } from './element.js';
import { escapeHtml, escapeScriptJson, markup } from './markup.js';
import { masthead } from './masthead.js';
import { poolsSection } from './poolsSection.js';
import { tasksSection } from './tasksSection.js';
import { threadsSection } from './threadRows.js';
import { verdictsSection } from './verdictCards.js';

/** Nothing may be loaded, run or sent; no text can become markup, not even by the page's own script. */
const POLICY = [
  "default-src 'none'",
  `script-src 'sha256-${scriptHash}'`,
  `style-src 'sha256-${styleHash}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The whole file, with a line break at its end. Sections that are not selected are in neither the page nor its JSON. */
export function renderHtml(given: Report, options: ViewOptions = {}): string {
  const report = wholeReport(given);
  const json = escapeScriptJson(escapeJson(JSON.stringify(selectedReport(given, options.sections))));
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    '<link rel="icon" href="data:,">',
    `<title>${escapeHtml(`${worstInOneLine(report)} – ${report.process.serviceName}`)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    `<body>${page(report, options.sections)}`,
    `<script type="application/json" id="report">${json}</script>`,
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function page(report: Report, sections: readonly string[] | undefined): string {
  const selected = (title: string, section: PageElement | null): PageElement | null =>
    isSelected(title, sections) ? section : null;
  const main = element(
    'main',
    {},
    verdictsSection(report),
    selected('Threads', threadsSection(report)),
    selected('Threads', hotSection(report)),
    selected('Green Threads', tasksSection(report)),
    selected('Pools', poolsSection(report)),
    ...dataSections(report, sections),
  );
  return [masthead(report), main, footer(report)].map(markup).join('');
}

function hotSection(report: Report): PageElement | null {
  if (report.threads.every(({ hot }) => hot.length === 0)) return null;
  return element(
    'section',
    { 'aria-label': 'Hot functions' },
    chartFrame(
      'hot',
      'h2',
      'Hot functions',
      'Stack samples of suspected threads, outermost call on top, each call as wide as its share. Select one to come closer.',
    ),
  );
}

function footer(report: Report): PageElement {
  return element(
    'footer',
    {},
    element('span', {}, report.report.by),
    element('button', { type: 'button', id: 'save', hidden: '' }, 'Save as JSON'),
    element('button', { type: 'button', id: 'copy-json', hidden: '' }, 'Copy JSON'),
  );
}
