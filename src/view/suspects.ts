/** What a program hangs on, in three forms: text, GitHub's annotations, and Markdown for a job's summary. */
import { formatFrame, toPath } from '../report/frames.js';
import type { Suspect } from '../report/suspects.js';
import { counted, duration } from './amounts.js';
import { escape } from './escape.js';
import { labelled, printLines, WIDTH, wrap } from './layout.js';
import { frameLine, sourceOf } from './stackLines.js';
import { labelOfCode } from './verdictBlocks.js';

const SHOWN_MOST = 10;
const INDENT = ' '.repeat(9);
const MESSAGE_MOST = 500;

/**
 * Blocks of text, escaped, with a line break at the end; the worst first. `collected` is how many promises were collected
 * that had never settled: whoever awaited one of them has left no place.
 */
export function renderSuspects(suspects: readonly Suspect[], collected: number): string {
  if (suspects.length === 0) return nothingFound(collected);
  const lines = suspects.slice(0, SHOWN_MOST).flatMap((suspect) => [...suspectLines(suspect), '']);
  const more = suspects.length - SHOWN_MOST;
  if (more > 0) lines.push(`and ${counted(more, 'more place')} in the reports`, '');
  return printLines(lines.slice(0, -1), false)
    .map((line) => `${line}\n`)
    .join('');
}

function nothingFound(collected: number): string {
  const lost =
    collected === 0
      ? []
      : wrap(
          `Promises that were collected without ever settling: ${collected}. What awaited them has left no place.`,
          WIDTH,
        );
  return ['Nothing is stuck, and no code of the application awaits.', ...lost].map((line) => `${line}\n`).join('');
}

function suspectLines(suspect: Suspect): string[] {
  const { process, pid, frame } = suspect;
  const lines = labelled(labelOf(suspect), `${process} ${pid}: ${sentence(suspect)}`);
  if (frame === null) return lines;
  const source = sourceOf(frame);
  const place = placeBeside(suspect);
  if (place !== '') lines.push(`  in     ${place}`);
  return source === null ? lines : [...lines, `${INDENT}${frame.line ?? '?'} | ${source}`];
}

function labelOf({ code }: Suspect): string {
  return code === 'await' ? 'WAITS' : labelOfCode(code);
}

function titleOf(suspect: Suspect): string {
  if (suspect.code === 'await') return 'Still awaited when time was up';
  return labelOf(suspect) === 'STUCK' ? 'Stuck when time was up' : 'Slow when time was up';
}

/** The place with what must be known of it; empty where the sentence has it already, or where there is none. */
function placeBeside({ text, frame, root }: Suspect): string {
  if (frame === null || (frame.sure && text.includes(formatFrame(frame, root)))) return '';
  return frameLine(frame, root);
}

function sentence({ code, text, forMs }: Suspect): string {
  const time = code === 'await' && forMs !== null ? `, for ${duration(forMs)}` : '';
  return text.replace(/\.$/, '') + time;
}

/**
 * GitHub's workflow commands, a line each: `::error file=a.test.ts,line=5::...`. Files below `folder` are named relative
 * to it, as annotations want them; a place elsewhere stands in the message alone.
 */
export function renderAnnotations(suspects: readonly Suspect[], folder: string): string {
  const base = folder.endsWith('/') ? folder : `${folder}/`;
  return suspects
    .slice(0, SHOWN_MOST)
    .map((suspect) => {
      const { frame, process, pid } = suspect;
      const path = frame?.file == null ? null : toPath(frame.file);
      const properties = [
        ...(path?.startsWith(base) === true ? [`file=${property(path.slice(base.length))}`] : []),
        ...(path?.startsWith(base) === true && frame?.line != null ? [`line=${frame.line}`] : []),
        `title=${property(titleOf(suspect))}`,
      ];
      const place = placeBeside(suspect);
      const message = `${process} ${pid}: ${sentence(suspect)}${place === '' ? '' : ` in ${place}`}`.slice(
        0,
        MESSAGE_MOST,
      );
      return `::error ${properties.join(',')}::${data(escape(message))}\n`;
    })
    .join('');
}

/** A section of a job's summary, with a line break at its end. */
export function renderMarkdown(suspects: readonly Suspect[], title: string): string {
  const rows = suspects.slice(0, SHOWN_MOST).map((suspect) => {
    const { process, pid, frame, root } = suspect;
    const place = frame === null ? '' : frameLine(frame, root);
    const source = frame === null ? null : sourceOf(frame);
    return `| ${[labelOf(suspect), `${process} ${pid}`, sentence(suspect), place, source ?? ''].map(cell).join(' | ')} |`;
  });
  const more = suspects.length - SHOWN_MOST;
  return [
    `### ${plain(title)}`,
    '',
    ...(rows.length === 0 ? ['Nothing is stuck, and no code of the application awaits.'] : []),
    ...(rows.length === 0 ? [] : ['| | process | what | where | source |', '|---|---|---|---|---|', ...rows]),
    ...(more > 0 ? ['', `and ${counted(more, 'more place')}`] : []),
    '',
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** GitHub decodes these and no others. */
function data(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(value: string): string {
  return data(escape(value)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function cell(value: string): string {
  return plain(value.replaceAll(/ {2,}/g, ' '));
}

/** Text in Markdown that is text: no markup, no HTML, no end of a cell, no mention of anybody. */
function plain(value: string): string {
  return escape(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_{}[\]()#!|~@$]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
