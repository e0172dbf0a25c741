import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  culprit,
  displayPath,
  foldStack,
  formatFold,
  formatFrame,
  originOf,
  packageOf,
  sameStack,
  stackKey,
  toPath,
} from '../../src/report/frames.js';
import { at, nodeFrame, packageFrame } from './sample.js';

test('the package of a file is found in every layout of node_modules', () => {
  const cases: [string, string | null][] = [
    ['/app/node_modules/fastify/lib/route.js', 'fastify'],
    ['/app/node_modules/@fastify/static/index.js', '@fastify/static'],
    ['/app/node_modules/.pnpm/fastify@4.0.0/node_modules/fastify/lib/route.js', 'fastify'],
    ['/app/node_modules/.pnpm/@scope+name@1.0.0_peer@2/lib/index.js', '@scope/name'],
    ['/app/node_modules/outer/node_modules/@inner/one/x.js', '@inner/one'],
    ['/app/.yarn/cache/pino-npm-9.0.0-1a2b.zip/node_modules/pino/pino.js', 'pino'],
    ['file:///app/node_modules/%40scope/name/x.js?v=2', '@scope/name'],
    [String.raw`C:\app\node_modules\pino\pino.js`, 'pino'],
    ['/app/node_modules/stray.js', null],
    ['/app/src/node_modules.ts', null],
    ['node:fs', null],
    ['[eval]', null],
  ];
  for (const [file, expected] of cases) assert.equal(packageOf(file), expected, file);
});

test('an application that is installed in a node_modules itself is still the application', () => {
  const root = '/usr/lib/node_modules/tool';
  assert.equal(packageOf(`${root}/dist/cli.js`, root), null);
  assert.equal(packageOf(`${root}/node_modules/pino/pino.js`, root), 'pino');
});

test('the origin of a frame tells own code, packages, node: and built-ins of V8 apart', () => {
  assert.equal(originOf({ file: '/app/src/x.ts' }), 'application');
  assert.equal(originOf({ file: 'evalmachine.<anonymous>' }), 'application');
  assert.equal(originOf({ file: '/app/node_modules/pino/pino.js' }), 'package');
  assert.equal(originOf({ file: 'node:internal/timers' }), 'node');
  assert.equal(originOf({ file: null }), 'builtin');
});

test('paths are shown relative to the root, and only when they lie below it', () => {
  assert.equal(displayPath('/app/src/x.ts', '/app'), 'src/x.ts');
  assert.equal(displayPath('/app/src/x.ts', '/app/'), 'src/x.ts');
  assert.equal(displayPath('/application/x.ts', '/app'), '/application/x.ts');
  assert.equal(displayPath('/app/src/x.ts', null), '/app/src/x.ts');
  assert.equal(displayPath('file:///app/src/a%20b.ts?t=1#x', '/app'), 'src/a b.ts');
  assert.equal(displayPath('file:///app/src/x.ts', 'file:///app/'), 'src/x.ts');
  assert.equal(displayPath('node:fs', '/app'), 'node:fs');
  assert.equal(displayPath(String.raw`C:\app\src\x.ts`, String.raw`c:\app`), String.raw`src\x.ts`);
  assert.equal(displayPath('file:///C:/app/src/x.ts', String.raw`C:\app`), 'src/x.ts');
  assert.equal(displayPath(`data:text/javascript,${'x'.repeat(900)}`, null).length, 43);
});

test('a file URL with a broken escape or another host is still a path', () => {
  assert.equal(toPath('file:///app/%E0%A4%A.js'), '/app/%E0%A4%A.js');
  assert.equal(toPath('file://server/share/x.js'), '//server/share/x.js');
});

test('a frame is one line, whatever it lacks', () => {
  assert.equal(formatFrame(at('render', '/app/x.ts', 7), '/app'), 'render  x.ts:7');
  assert.equal(formatFrame(at('render', '/app/x.ts', 7), '/app', true), 'render  x.ts:7:5');
  assert.equal(formatFrame(at('', '/app/x.ts', 7), '/app'), '(top level)  x.ts:7');
  assert.equal(formatFrame(at('render', '/app/x.ts', 7, { kind: 'await' }), '/app'), 'async render  x.ts:7');
  assert.equal(formatFrame(at('Atomics.wait', '/x', 1, { file: null, line: null }), null), 'Atomics.wait');
  assert.equal(formatFrame(at('x', '/app/x.ts', 1, { line: null }), '/app', true), 'x  x.ts');
  const combinator = at('', '/x', 1, { file: null, kind: 'Promise.all #0' });
  assert.equal(formatFrame(combinator, null), 'async Promise.all #0');
  assert.equal(formatFrame({ ...combinator, function: 'Promise.all' }, null), 'async Promise.all #0');
});

test('runs of node: and package frames are folded, with their counts and names', () => {
  const stack = [
    at('own', 'src/x.ts', 1),
    nodeFrame('tick', 1),
    nodeFrame('tick', 2),
    at('other', 'src/y.ts', 1),
    packageFrame('a', 'fastify', 1),
    packageFrame('b', 'fastify', 2),
    packageFrame('c', 'avvio', 1),
    nodeFrame('tick', 3),
  ];
  const lines = foldStack(stack).map((item) => (item.kind === 'frame' ? item.frame.function : formatFold(item)));
  assert.deepEqual(lines, [
    'own',
    '(2 node: frames hidden)',
    'other',
    '(4 frames hidden: 1 node:, 3 in node_modules: fastify, avvio)',
  ]);
  const fold = { count: 9, node: 0, packages: ['a', 'b', 'c', 'd', 'e'] };
  assert.equal(formatFold(fold), '(9 frames in node_modules hidden: a, b, c and 2 more)');
});

test('a fold never hides a whole stack', () => {
  const names = foldStack([nodeFrame('tick', 1), packageFrame('wait', 'piscina', 9), nodeFrame('tick', 2)]).map(
    (item) => (item.kind === 'frame' ? item.frame.function : item.count),
  );
  assert.deepEqual(names, [1, 'wait', 1]);
});

test('the culprit is own code before packages, and node: only where there is nothing else', () => {
  const node = nodeFrame('tick', 1);
  const builtin = at('RegExp.test', '/x', 1, { file: null });
  const pack = packageFrame('parse', 'ajv', 1);
  const own = at('check', 'src/check.ts', 4);
  assert.equal(culprit([node, builtin, pack, own]), own);
  assert.equal(culprit([node, builtin, pack]), pack);
  assert.equal(culprit([node, builtin]), builtin);
  assert.equal(culprit([node]), node);
  assert.equal(culprit([]), null);
});

test('only equal stacks of equal type have the same key', () => {
  const one = at('a', '/x', 1);
  const two = at('b', '/x', 2);
  assert.equal(sameStack([one, two], [{ ...one }, { ...two }]), true);
  assert.equal(sameStack([one, two], [one]), false, 'the beginning of a stack is another stack');
  assert.equal(sameStack([one], [{ ...one, column: 6 }]), false);
  assert.equal(sameStack([one], [{ ...one, kind: 'await' }]), false);
  assert.notEqual(stackKey('await', [one]), stackKey('Timeout', [one]));
  const sly = stackKey('', [at('a|1:b', '/x', 1)]);
  assert.notEqual(sly, stackKey('', [at('a', '/x', 1), at('b', '/x', 1)]));
  assert.notEqual(stackKey('', [{ ...one, file: null }]), stackKey('', [{ ...one, file: '-' }]));
});
