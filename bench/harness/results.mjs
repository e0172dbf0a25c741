/** Where figures are kept: one file of JSON for each benchmark and line of Node, and a chart beside it. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barChart } from './chart.mjs';

export const FOLDER = join(import.meta.dirname, '../results');

/** Writes a benchmark's result into the folder of results. Returns the files' names. */
export function keepResult(result) {
  mkdirSync(FOLDER, { recursive: true });
  const name = nameOf(result);
  const files = [[`${name}.json`, `${JSON.stringify(result, null, 2)}\n`]];
  if (result.chart !== null) files.push([`${name}.svg`, chartOf(result)]);
  for (const [file, text] of files) writeFileSync(join(FOLDER, file), text);
  return files.map(([file]) => file);
}

/** All results that were kept, oldest line of Node first. */
export function keptResults() {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  const results = names.map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')));
  return results.sort((left, right) => lineOf(left) - lineOf(right) || (left.benchmark < right.benchmark ? -1 : 1));
}

/** The line of Node that a result is of: 24. */
export function lineOf({ machine }) {
  return Number(machine.node.match(/\d+/)[0]);
}

/** What a result's files are called, without their endings. */
export function nameOf(result) {
  return `${result.benchmark}-node${lineOf(result)}`;
}

function chartOf({ benchmark, chart, measures, machine }) {
  const shown = measures.filter(
    ({ table, row, column }) =>
      table === chart.table &&
      (chart.rows === undefined || chart.rows.includes(row)) &&
      (chart.columns === undefined || chart.columns.includes(column)),
  );
  const rows = [...new Set(shown.map(({ row }) => row))];
  return barChart({
    title: `${benchmark}, ${shown[0]?.unit ?? ''}, Node ${machine.node}`,
    groups: rows.map((row) => ({
      name: row,
      bars: shown
        .filter((measure) => measure.row === row)
        .map(({ column, median, low, high }) => ({ name: column, value: median, low, high })),
    })),
    isLogarithmic: chart.isLogarithmic,
    reference: chart.reference ?? null,
  });
}
