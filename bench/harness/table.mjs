/** Measures as text: one table for each `table` they name, what was measured down, with what across. */

/** Figures of a size that a person compares: three digits that count. */
export function figure(value) {
  if (!Number.isFinite(value)) return 'none';
  const size = Math.abs(value);
  if (size >= 100) return String(Math.round(value));
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** `1.02 (0.99 .. 1.04)`; only the figure where there is one value. */
export function withInterval({ median, low, high, count }) {
  return count === 1 ? figure(median) : `${figure(median)} (${figure(low)} .. ${figure(high)})`;
}

/** The lines of all tables. */
export function tables(measures) {
  const names = [...new Set(measures.map(({ table }) => table))];
  return names.flatMap((name) => [...oneTable(measures.filter(({ table }) => table === name)), '']);
}

function oneTable(measures) {
  const columns = [...new Set(measures.map(({ column }) => column))];
  const rows = [...new Set(measures.map(({ row }) => row))];
  const units = [...new Set(measures.map(({ unit }) => unit))];
  const cell = (row, column) => {
    const measure = measures.find((one) => one.row === row && one.column === column);
    return measure === undefined ? '' : withInterval(measure);
  };
  const counts = measures.map(({ count }) => count);
  const title = `${measures[0].table}: ${units.join(', ')}; median (95% interval) of ${countsOf(counts)}`;
  return [
    title,
    ...aligned([['', ...columns], ...rows.map((row) => [row, ...columns.map((name) => cell(row, name))])]),
  ];
}

function countsOf(counts) {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least} to ${most}`;
}

/** Cells as lines, every column as wide as its widest cell. */
export function aligned(rows) {
  const widths = rows[0].map((_, index) => Math.max(...rows.map((row) => row[index].length)));
  return rows.map((row) => `  ${row.map((cell, index) => cell.padEnd(widths[index])).join('  ')}`.trimEnd());
}
