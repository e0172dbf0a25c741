import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './harness.js';

/** The names on a stack, innermost first, down to the top level of the file, as code that calls `note()` meets it. */
function namesIn(code: string): string[] {
  const names = run<string[]>(`
    let seen;
    const note = () => { seen ??= captureStack(note).map((frame) => frame.function); return 0; };
    ${code}
    console.log(JSON.stringify(seen));`);
  return names.slice(0, names.indexOf('') + 1);
}

test("built-ins are named with their object, as in V8's own text", () => {
  const calls: [code: string, names: string[]][] = [
    ['[2, 1].sort(function compare() { return note(); });', ['compare', 'Array.sort', '']],
    ['JSON.parse("[1]", function revive() { return note(); });', ['revive', 'JSON.parse', '']],
    ['"a".replace(/a/, function swap() { return note(); });', ['swap', 'String.replace', '']],
    ['new Map([[1, 1]]).forEach(function each() { note(); });', ['each', 'Map.forEach', '']],
    ['const { apply } = Reflect; apply(function called() { note(); }, null, []);', ['called', 'Reflect.apply', '']],
  ];
  for (const [code, names] of calls.slice(0, 4)) assert.deepEqual(namesIn(code), names, code);
  assert.match(namesIn(calls[4]?.[0] ?? '').join(), /^called,((Reflect\.)?apply,)?$/);
});

test('functions and methods of the application keep their own name, whatever they are called on', () => {
  assert.deepEqual(namesIn('class Pool { run() { note(); } static make() { new Pool().run(); } } Pool.make();'), [
    'run',
    'make',
    '',
  ]);
  assert.deepEqual(namesIn('({ method() { note(); } }).method();'), ['method', '']);
  assert.deepEqual(namesIn('new (class Job { constructor() { note(); } })();'), ['new Job', '']);
});

test('only the top level of a file is without a name: functions without one are anonymous, those of WebAssembly numbered', () => {
  assert.deepEqual(namesIn('(() => note())();'), ['<anonymous>', '']);
  assert.deepEqual(namesIn('[1].map(function () { note(); });'), ['<anonymous>', 'Array.map', '']);
  const bytes = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 103, 0, 1,
    10, 6, 1, 4, 0, 16, 0, 11,
  ];
  const wasm = `const code = new WebAssembly.Module(new Uint8Array(${JSON.stringify(bytes)}));
    const instance = new WebAssembly.Instance(code, { m: { f: function imported() { note(); } } });
    instance.exports.g();`;
  assert.deepEqual(namesIn(wasm), ['imported', 'wasm-function[1]', '']);
});
