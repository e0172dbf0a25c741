import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CodeForWorkers, handedPart } from '../../src/agent/codeCache.js';
import { LaterPart } from '../../src/agent/laterPart.js';
import { loadPart } from '../../src/agent/threadPart.js';
import { ROOT } from '../harness/spawn.js';

const noAnswers = (): Uint8Array => new Uint8Array(1);

const partOf = (code: string): string => `(function (exports, require, module, __filename, __dirname) {${code}\n})`;

const TEXT = partOf(`const { sep } = require('node:path');
exports.file = __filename;
exports.double = (value) => value * 2 + sep.length;
exports.place = () => new Error('here').stack.split('\\n')[1];`);

function fileWith(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gmr-code-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'part.cjs');
  writeFileSync(file, text);
  return file;
}

interface Part {
  file: string;
  double(value: number): number;
  place(): string;
}

describe('a part of the package', () => {
  it('is strict code, as the modules are that it was made from', () => {
    const parts = readdirSync(join(ROOT, 'dist')).filter((name) => name.endsWith('.cjs'));
    assert.ok(parts.length > 5);
    for (const part of parts)
      assert.match(readFileSync(join(ROOT, 'dist', part), 'utf8'), /^(?:\(function \([^)]*\) \{)?"use strict";/, part);
  });

  it('runs as a required file does, from the disk and from what another thread has compiled', (context) => {
    const file = fileWith(context, TEXT);
    const first = loadPart(file, null);
    const part = first.exports as Part;
    assert.deepEqual([part.file, part.double(3)], [file, 7]);
    const shared = new CodeForWorkers(first, noAnswers);
    assert.equal(handedPart(file, shared.shared), null);
    shared.put();
    const known = handedPart(file, shared.shared);
    assert.equal(known?.source, TEXT);
    const again = loadPart(file, known).exports as Part;
    assert.deepEqual([again.file, again.double(3)], [file, 7]);
    assert.equal(again.place(), part.place());
    assert.match(again.place(), /part\.cjs:4:23\)?$/);
  });

  it('is taken from memory whole, source and code, when the file on the disk was replaced meanwhile', (context) => {
    const file = fileWith(context, TEXT);
    const shared = new CodeForWorkers(loadPart(file, null), noAnswers);
    shared.put();
    writeFileSync(file, TEXT.replace('* 2', '* 9'));
    assert.equal((loadPart(file, handedPart(file, shared.shared)).exports as Part).double(3), 7);
  });

  it('is not taken for another file, and not where there is nothing', (context) => {
    const file = fileWith(context, TEXT);
    const shared = new CodeForWorkers(loadPart(file, null), noAnswers);
    shared.put();
    assert.equal(handedPart(`${file}.other`, shared.shared), null);
    assert.equal(handedPart(file, undefined), null);
    assert.equal(handedPart(file, { file, memory: null as unknown as SharedArrayBuffer }), null);
  });

  it('is compiled anew where V8 does not want the code', (context) => {
    const file = fileWith(context, TEXT);
    const part = loadPart(file, { source: TEXT, code: new Uint8Array(100).fill(7) }).exports as Part;
    assert.equal(part.double(3), 7);
  });

  it('is not shared when it is not ASCII or too large', (context) => {
    for (const text of ["exports.name = 'Grüße';", `exports.name = '${'x'.repeat(1 << 20)}';`]) {
      const file = fileWith(context, partOf(text));
      const shared = new CodeForWorkers(loadPart(file, null), noAnswers);
      shared.put();
      assert.equal(handedPart(file, shared.shared), null);
    }
  });

  it('can be shared as it was built', () => {
    for (const part of ['agent', 'answers'])
      assert.match(readFileSync(join(ROOT, `dist/guru-meditation-${part}.cjs`), 'utf8'), /^[\0-\x7F]{1000,700000}$/);
  });

  it('lends what it has to the one that is loaded beside it, whose text is that of when it was kept', (context) => {
    const file = fileWith(context, partOf('let count = 0; exports.next = () => ++count;'));
    const beside = join(dirname(file), 'guru-meditation-beside.cjs');
    writeFileSync(
      beside,
      partOf(`const { next } = require('./part.cjs'); exports.next = next; exports.file = __filename;`),
    );
    const part = loadPart(file, null);
    const later = new LaterPart<{ next(): number; file: string }>(part, 'beside');
    later.keep();
    writeFileSync(beside, 'throw new Error("of another version")');
    const loaded = later.load();
    (part.exports as { next(): number }).next();
    assert.deepEqual([loaded.next(), loaded.file], [2, beside]);
  });

  it('lends to one beside another what both of them have', (context) => {
    const file = fileWith(context, partOf('exports.first = 1;'));
    const second = join(dirname(file), 'second.cjs');
    const third = join(dirname(file), 'third.cjs');
    writeFileSync(second, partOf("exports.second = require('./part.cjs').first + 1;"));
    writeFileSync(third, partOf("exports.sum = require('./part.cjs').first + require('./second.cjs').second;"));
    const part = loadPart(file, null).beside(second).beside(third);
    assert.deepEqual(part.exports, { sum: 3 });
  });

  it('hands on the text of what is loaded beside it, and nothing of another copy of the package', (context) => {
    const file = fileWith(context, TEXT);
    const shared = new CodeForWorkers(loadPart(file, null), () => Buffer.from('answers'));
    assert.equal(handedPart(file, shared.shared), null);
    shared.put();
    const answers = handedPart(file, shared.shared)?.answers ?? null;
    const later = new LaterPart(loadPart(file, null), 'answers', answers);
    assert.equal(Buffer.from(later.text).toString(), 'answers');
    assert.equal(handedPart(`${file}.other`, shared.shared), null);
  });

  it('is compiled by each worker for itself where the text beside it cannot be read', (context) => {
    const file = fileWith(context, TEXT);
    const part = loadPart(file, null);
    const gone = new LaterPart(part, 'gone');
    gone.keep();
    const shared = new CodeForWorkers(part, () => gone.text);
    shared.put();
    assert.equal(handedPart(file, shared.shared), null);
  });

  it('requires of Node and of other packages what a required file would', (context) => {
    const file = fileWith(
      context,
      partOf("exports.all = ['node:fs', 'path', './other.cjs'].map((name) => require(name));"),
    );
    writeFileSync(join(dirname(file), 'other.cjs'), 'module.exports = 7;');
    assert.equal((loadPart(file, null).exports as { all: unknown[] }).all[2], 7);
    const lacking = fileWith(context, partOf("require('not-there');"));
    assert.throws(() => loadPart(lacking, null), { code: 'MODULE_NOT_FOUND' });
  });

  it('is asked for its code once', () => {
    let asked = 0;
    const compiled = () => ({ source: '1', code: new Uint8Array([1]), asked: ++asked });
    const shared = new CodeForWorkers({ file: 'part.cjs', compiled }, noAnswers);
    shared.put();
    shared.put();
    assert.equal(asked, 1);
    const handed = handedPart('part.cjs', shared.shared);
    assert.deepEqual([handed?.source, handed?.code], ['1', new Uint8Array([1])]);
  });
});
