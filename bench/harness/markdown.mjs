/** Kept results as Markdown, for the README. */
import { judge } from '../targets.mjs';
import { machineLine } from './machine.mjs';
import { lineOf, nameOf } from './results.mjs';
import { figure, withInterval } from './table.mjs';

const BEGIN = '<!-- bench -->';
const FLOORS =
  'A floor is what the same hooks cost with nothing in them, or a preload that starts an idle thread in main and does nothing in a worker.';
const END = '<!-- /bench -->';

/** The README with `lines` between its marks. @throws {Error} when it does not have them */
export function between(readme, lines) {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md: expected ${BEGIN} and after it ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${lines.join('\n')}\n${readme.slice(end)}`;
}

/** What the README shows of these results: lines of Markdown. */
export function markdown(results) {
  const lines = [...new Set(results.map(lineOf))].sort((left, right) => left - right);
  const newest = results.filter((result) => lineOf(result) === lines.at(-1));
  const { machine } = newest[0];
  return [
    ...targetTable(lines.map((line) => results.filter((result) => lineOf(result) === line))),
    '',
    `Medians with their 95% intervals, of pairs of fresh processes. ${machineLine(machine)}. ${FLOORS}`,
    ...variantTable(newest.flatMap(({ measures }) => measures)),
    ...newest
      .filter(({ chart }) => chart !== null)
      .map((result) => `\n![${result.benchmark}](bench/results/${nameOf(result)}.svg)`),
  ];
}

function targetTable(byLine) {
  const judged = byLine.map((results) => judge(results.flatMap(({ measures }) => measures)));
  const heads = byLine.map(([{ machine }]) => `Node ${machine.node.slice(1)}`);
  const rows = judged[0].map(({ says, limit }, index) => [
    says,
    `at most ${limit}`,
    ...judged.map((targets) => cellOf(targets[index])),
  ]);
  return tableOf([['what', 'target', ...heads], ...rows]);
}

function cellOf(target) {
  if (target.verdict === 'not measured') return '';
  const floor = target.floor === null ? '' : `, floor ${figure(target.floor)}`;
  return `${withInterval(target)} ${target.verdict}${floor}`;
}

/** CPU time of an operation by what is loaded, bare being 1. */
function variantTable(measures) {
  const steady = measures.filter(({ table }) => table === 'steady');
  if (steady.length === 0) return [];
  const columns = [...new Set(steady.map(({ column }) => column))];
  const rows = [...new Set(steady.map(({ row }) => row))];
  const cell = (row, column) => {
    const measure = steady.find((one) => one.row === row && one.column === column);
    return measure === undefined ? '' : figure(measure.median);
  };
  const table = tableOf([
    ['CPU time, bare = 1', ...columns],
    ...rows.map((row) => [row, ...columns.map((column) => cell(row, column))]),
  ]);
  return ['', ...table];
}

function tableOf([head, ...rows]) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}
