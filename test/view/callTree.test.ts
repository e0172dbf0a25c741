import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallNode } from '../../src/view/html/callTree.js';
import { awaitTree, hotTree } from '../../src/view/html/callTree.js';
import { at, group, nodeFrame, packageFrame, sampleReport, thread } from '../report/sample.js';

/** `name value` a line, indented by depth: a tree at a glance. */
function outline(node: CallNode, depth = 0): string[] {
  const line = `${'  '.repeat(depth)}${node.function} ${Math.round(node.value * 100) / 100}${node.isBlamed ? ' !' : ''}`;
  return [line, ...node.children.flatMap((child) => outline(child, depth + 1))];
}

const awaiting = (name: string, line: number): ReturnType<typeof at> =>
  at(name, 'src/a.ts', line, { async: true, kind: 'await' });

test('await stacks are merged from the outermost call on, the widest first', () => {
  const report = { ...sampleReport(), verdicts: [] };
  const [get, one, other] = [awaiting('get', 1), awaiting('one', 2), awaiting('other', 3)];
  report.tasks.groups = [
    group('a', { count: 2, awaitStack: [get, one], threadIds: [0] }),
    group('b', { count: 5, awaitStack: [get, other], threadIds: [1] }),
    group('c', { count: 1, awaitStack: [other], threadIds: [2] }),
    group('d', { count: 9, type: 'Timeout', awaitStack: [] }),
  ];
  const tree = awaitTree(report);
  assert.deepEqual(outline(tree), [
    'all awaits 8',
    '  async other 6',
    '    async get 5',
    '  async one 2',
    '    async get 2',
  ]);
  assert.deepEqual(tree.children[0]?.threadIds, [1, 2]);
});

test('awaits of one function at two lines are two places', () => {
  const report = sampleReport();
  report.tasks.groups = [1, 2].map((line) => group(`g${line}`, { awaitStack: [awaiting('get', line)] }));
  assert.equal(awaitTree(report).children.length, 2);
});

test('samples stand below the calls of their thread, and those that a verdict names are marked', () => {
  const report = sampleReport();
  const spins = report.threads[0];
  assert.ok(spins);
  const elsewhere = at('parse', 'src/parse.ts', 9);
  report.threads = [
    { ...spins, stack: spins.stack.slice(0, 3), hot: [...spins.hot, { frame: elsewhere, share: 0.03 }] },
    thread(5, { hot: [] }),
  ];
  assert.deepEqual(outline(hotTree(report)), [
    'all samples 1',
    '  onJob 0.97',
    '    layoutPage 0.97',
    '      renderTable 0.97 !',
    '  parse 0.03',
  ]);
});

test('calls in a row that are not of the application are one, but for the innermost', () => {
  const report = { ...sampleReport(), verdicts: [] };
  const outer = [packageFrame('use', 'fastify', 1), packageFrame('handle', 'fastify', 2), nodeFrame('run', 3)];
  const awaitStack = [packageFrame('query', 'pg', 4), awaiting('load', 5), packageFrame('retry', 'pg', 6), ...outer];
  report.tasks.groups = [group('a', { awaitStack })];
  assert.deepEqual(outline(awaitTree(report)), [
    'all awaits 1',
    '  (4 frames: 1 node:, 3 in node_modules: fastify, pg) 1',
    '    async load 1',
    '      query 1',
  ]);
});

test('a stack without an end is cut at a depth', () => {
  const report = sampleReport();
  const awaitStack = Array.from({ length: 50_000 }, (_, index) => awaiting(`f${index}`, index));
  report.tasks.groups = [group('deep', { awaitStack })];
  let depth = 0;
  for (let node = awaitTree(report).children[0]; node !== undefined; node = node.children[0]) depth += 1;
  assert.ok(depth > 10 && depth <= 1000, String(depth));
});
