/** The section Processes: this process and its children, as a tree. */
import type { ProcessNode, Report } from '../report/types.js';
import { counted } from './amounts.js';
import { cut } from './escape.js';
import type { Section } from './layout.js';

const LINES_MOST = 200;
const INDENT_MOST = 10;
const COMMAND_MOST = 300;

export function processesSection(report: Report, full: boolean): Section {
  const all = flattened(report.processes);
  const shown = full ? all : all.slice(0, LINES_MOST);
  const lines = shown.flatMap(({ node, depth }) => processLines(node, Math.min(depth, INDENT_MOST), full));
  const hidden = all.length - shown.length;
  if (hidden > 0) lines.push(`(${counted(hidden, 'more process', 'more processes')} hidden)`);
  return { title: 'Processes', blocks: [{ heading: null, lines }] };
}

/** Without recursion: a stored report may claim any depth. */
function flattened(roots: readonly ProcessNode[]): { node: ProcessNode; depth: number }[] {
  const all: { node: ProcessNode; depth: number }[] = [];
  const open = roots.map((node) => ({ node, depth: 0 })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    all.push(next);
    const { depth, node } = next;
    for (const child of [...node.children].reverse()) open.push({ node: child, depth: depth + 1 });
  }
  return all;
}

function processLines(node: ProcessNode, depth: number, full: boolean): string[] {
  const indent = '  '.repeat(depth);
  const user = node.user ?? (node.uid === null ? null : `uid ${node.uid}`);
  const parent = depth === 0 ? [`parent ${node.ppid}`] : [];
  const mark = node.instrumented === null ? [] : [node.instrumented ? 'instrumented' : 'not instrumented'];
  const facts = [`${node.pid}`, ...parent, ...(user === null ? [] : [user]), node.state, ...mark].join('  ');
  const command = node.command
    .map((word) => (/[\s'"]/.test(word) || word === '' ? JSON.stringify(word) : word))
    .join(' ');
  const elided = node.elided ?? 0;
  return [
    indent + facts,
    ...(command === '' ? [] : [`${indent}    ${full ? command : cut(command, COMMAND_MOST)}`]),
    ...(elided > 0 ? [`${indent}  (${counted(elided, 'process', 'processes')} below, too deep to show)`] : []),
  ];
}
