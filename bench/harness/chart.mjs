/** Bars as SVG: a pure function. Colours follow the reader's light or dark scheme; text needs no font of its own. */

const WIDTH = 760;
const LEFT = 230;
const RIGHT = 70;
const BAR = 13;
const GAP = 14;
const TOP = 34;
const HUES = ['#4c78a8', '#f58518', '#54a24b', '#b279a2', '#e45756', '#72b7b2', '#9d755d', '#bab0ac'];

const STYLE = `<style>
text { font: 11px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 13px }
.quiet { fill: #57606a } .line { stroke: #57606a } .grid { stroke: #d0d7de }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .quiet { fill: #9198a1 } .line { stroke: #9198a1 } .grid { stroke: #3d444d } }
</style>`;

/**
 * A chart of horizontal bars with their intervals.
 * @param chart.groups - `[{ name, bars: [{ name, value, low, high }] }]`; values are above 0 on a logarithmic scale
 * @param chart.reference - a value that gets a dashed line, or null
 */
export function barChart({ title, groups, isLogarithmic, reference }) {
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const scale = scaleOf(groups, { isLogarithmic, reference });
  const parts = [];
  let y = TOP + 12;
  for (const group of groups) {
    parts.push(text(8, y + BAR - 2, group.name, 'class="title" style="font-size:12px"'));
    for (const bar of group.bars) {
      y += BAR + 2;
      parts.push(...oneBar(bar, y, scale, HUES[names.indexOf(bar.name) % HUES.length]));
    }
    y += BAR + GAP;
  }
  const ticks = scale.ticks.flatMap((value) => tick(value, scale.x(value), y));
  const mark = reference === null ? [] : [line(scale.x(reference), TOP, scale.x(reference), y, 'line', '4 3')];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 22}" width="${WIDTH}" role="img">`,
    `<title>${escape(title)}</title>`,
    STYLE,
    text(8, 18, title, 'class="title"'),
    ...ticks,
    ...parts,
    ...mark,
    '</svg>\n',
  ].join('\n');
}

function oneBar({ name, value, low, high }, y, { x, start }, hue) {
  const middle = y + BAR / 2;
  const [from, to] = [Math.min(x(start), x(value)), Math.max(x(start), x(value))];
  return [
    text(LEFT - 8, y + BAR - 3, name, 'class="quiet" text-anchor="end"'),
    `<rect x="${round(from)}" y="${y}" width="${round(Math.max(1, to - from))}" height="${BAR}" rx="2" fill="${hue}"/>`,
    line(x(low), middle, x(high), middle, 'line'),
    text(Math.max(x(high), to) + 5, y + BAR - 3, shortNumber(value), ''),
  ];
}

function tick(value, at, bottom) {
  return [
    line(at, TOP, at, bottom, 'grid'),
    text(at, bottom + 14, shortNumber(value), 'class="quiet" text-anchor="middle"'),
  ];
}

/** Where a value is drawn: from `start` at the left. */
function scaleOf(groups, { isLogarithmic, reference }) {
  const values = groups.flatMap(({ bars }) => bars.flatMap(({ low, high }) => [low, high]));
  if (reference !== null) values.push(reference);
  const wide = WIDTH - LEFT - RIGHT;
  const greatest = Math.max(...values, 1e-6);
  if (!isLogarithmic) {
    const step = 10 ** Math.floor(Math.log10(greatest));
    const count = Math.ceil(greatest / step);
    const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
    return { x: (value) => LEFT + (wide * Math.max(0, value)) / (count * step), start: 0, ticks };
  }
  const powers = [Math.floor(Math.log2(Math.max(1e-3, Math.min(...values)))), Math.ceil(Math.log2(greatest))];
  const step = Math.max(1, Math.ceil((powers[1] - powers[0]) / 8));
  const ticks = [];
  for (let power = powers[0]; power <= powers[1]; power += step) ticks.push(2 ** power);
  const share = (value) =>
    (Math.log2(Math.max(value, 2 ** powers[0])) - powers[0]) / Math.max(1, powers[1] - powers[0]);
  return { x: (value) => LEFT + wide * share(value), start: reference ?? 2 ** powers[0], ticks };
}

function text(x, y, content, attributes) {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escape(content)}</text>`;
}

function line(x1, y1, x2, y2, name, dashes = '') {
  const dashed = dashes === '' ? '' : ` stroke-dasharray="${dashes}"`;
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${name}"${dashed}/>`;
}

function shortNumber(value) {
  return String(Number(value.toPrecision(3)));
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function escape(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
