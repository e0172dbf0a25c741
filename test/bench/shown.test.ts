import assert from 'node:assert/strict';
import test from 'node:test';
import { barChart } from '../../bench/harness/chart.mjs';
import { between, markdown } from '../../bench/harness/markdown.mjs';
import { tables } from '../../bench/harness/table.mjs';
import { judge } from '../../bench/targets.mjs';

const BOUND_MS = 20_000;

const http = { table: 'steady', row: 'HTTP server', column: 'default', unit: 'ratio', count: 10 };
const good = { ...http, median: 1.01, low: 0.99, high: 1.02 };
const bad = { ...http, median: 1.2, low: 1.1, high: 1.3 };
const machine = (node: string): object => ({ node, platform: 'linux-x64', cpu: 'some', cores: 2, memoryGiB: 8 });

function verdictOf(measures: object[]): string {
  return judge(measures).find(({ says }: { says: string }) => says.includes('HTTP server'))?.verdict ?? '';
}

test(
  'a target is met by its median, missed above its limit, and not measured without one',
  { timeout: BOUND_MS },
  () => {
    assert.equal(verdictOf([good]), 'met');
    assert.equal(verdictOf([bad]), 'missed');
    assert.equal(verdictOf([]), 'not measured');
  },
);

test('a table has what was measured down and with what across, each with its interval', { timeout: BOUND_MS }, () => {
  const text = tables([{ ...good, column: 'control' }, bad]).join('\n');
  assert.match(text, /^steady: ratio; median \(95% interval\) of 10$/m);
  assert.match(text, /^ +control +default$/m);
  assert.match(text, /HTTP server +1\.01 \(0\.990 \.\. 1\.02\) +1\.20 \(1\.10 \.\. 1\.30\)/);
});

for (const isLogarithmic of [true, false]) {
  test(
    `a chart is well formed, whatever names and values are (logarithmic: ${isLogarithmic})`,
    { timeout: BOUND_MS },
    () => {
      const bars = [
        { name: 'a < b & c', value: 1.5, low: 1, high: 2 },
        { name: 'below nothing', value: -3, low: -4, high: 0 },
        { name: 'large', value: 4000, low: 3000, high: 5000 },
      ];
      const svg = barChart({ title: 'costs', groups: [{ name: 'HTTP', bars }], isLogarithmic, reference: 1 });
      assert.match(svg, /a &lt; b &amp; c/);
      assert.doesNotMatch(svg, /NaN|Infinity|undefined|width="-/);
      const opened = [...svg.matchAll(/<(text|title|style|svg)\b/g)].map(([, name]) => name);
      const closed = [...svg.matchAll(/<\/(text|title|style|svg)>/g)].map(([, name]) => name);
      assert.deepEqual(opened.sort(), closed.sort());
    },
  );
}

test(
  'the README gets a column for each line of Node, between its marks and nowhere else',
  { timeout: BOUND_MS },
  () => {
    const results = [
      { benchmark: 'steady', machine: machine('v20.1.0'), measures: [bad], chart: null },
      {
        benchmark: 'steady',
        machine: machine('v26.2.0'),
        measures: [good, { ...bad, column: 'empty hooks', median: 1.005 }],
        chart: { table: 'steady' },
      },
    ];
    const readme = between('before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n', markdown(results));
    assert.match(readme, /^before\n<!-- bench -->\n[^]*<!-- \/bench -->\nafter\n$/);
    assert.doesNotMatch(readme, /old/);
    assert.match(readme, /\| Node 20\.1\.0 \| Node 26\.2\.0 \|/);
    assert.match(
      readme,
      /HTTP server.*1\.20 \(1\.10 \.\. 1\.30\) missed \| 1\.01 \(0\.990 \.\. 1\.02\) met, floor 1\.00 \|/,
    );
    assert.match(readme, /!\[steady\]\(bench\/results\/steady-node26\.svg\)/);
    assert.throws(() => between('no marks', []), /README\.md/);
  },
);
