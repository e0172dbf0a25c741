import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CodeForWorkers, codeOf } from '../../src/agent/codeCache.js';
import { loadPart } from '../../src/agent/threadPart.js';
import { ROOT } from '../harness/spawn.js';

const TEXT = `const { sep } = require('node:path');
exports.file = __filename;
exports.double = (value) => value * 2 + sep.length;
exports.place = () => new Error('here').stack.split('\\n')[1];`;

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
  it('runs as a required file does, from the disk and from what another thread has compiled', (context) => {
    const file = fileWith(context, TEXT);
    const first = loadPart(file, null);
    const part = first.exports as Part;
    assert.deepEqual([part.file, part.double(3)], [file, 7]);
    const shared = new CodeForWorkers(first);
    assert.equal(codeOf(file, shared.shared), null);
    shared.put();
    const known = codeOf(file, shared.shared);
    assert.equal(known?.source, TEXT);
    const again = loadPart(file, known).exports as Part;
    assert.deepEqual([again.file, again.double(3)], [file, 7]);
    assert.equal(again.place(), part.place());
    assert.match(again.place(), /part\.cjs:4:23\)?$/);
  });

  it('has its columns where they are in the file, on the first line too', (context) => {
    const { place } = loadPart(
      fileWith(context, `exports.place = () => new Error('here').stack.split('\\n')[1];`),
      null,
    ).exports as Part;
    assert.match(place(), /part\.cjs:1:23\)?$/);
  });

  it('is taken from memory whole, source and code, when the file on the disk was replaced meanwhile', (context) => {
    const file = fileWith(context, TEXT);
    const shared = new CodeForWorkers(loadPart(file, null));
    shared.put();
    writeFileSync(file, TEXT.replace('* 2', '* 9'));
    assert.equal((loadPart(file, codeOf(file, shared.shared)).exports as Part).double(3), 7);
  });

  it('is not taken for another file, and not where there is nothing', (context) => {
    const file = fileWith(context, TEXT);
    const shared = new CodeForWorkers(loadPart(file, null));
    shared.put();
    assert.equal(codeOf(`${file}.other`, shared.shared), null);
    assert.equal(codeOf(file, undefined), null);
    assert.equal(codeOf(file, { file, memory: null as unknown as SharedArrayBuffer }), null);
  });

  it('is compiled anew where V8 does not want the code', (context) => {
    const file = fileWith(context, TEXT);
    const part = loadPart(file, { source: TEXT, code: new Uint8Array(100).fill(7) }).exports as Part;
    assert.equal(part.double(3), 7);
  });

  it('is not shared when it is not ASCII or too large', (context) => {
    for (const text of ["exports.name = 'Grüße';", `exports.name = '${'x'.repeat(1 << 20)}';`]) {
      const file = fileWith(context, text);
      const shared = new CodeForWorkers(loadPart(file, null));
      shared.put();
      assert.equal(codeOf(file, shared.shared), null);
    }
  });

  it('can be shared as it was built', () => {
    assert.match(readFileSync(join(ROOT, 'dist/guru-meditation-agent.cjs'), 'utf8'), /^[\0-\x7F]{1000,700000}$/);
  });

  it('is asked for its code once', () => {
    let asked = 0;
    const compiled = () => ({ source: '1', code: new Uint8Array([1]), asked: ++asked });
    const shared = new CodeForWorkers({ file: 'part.cjs', compiled });
    shared.put();
    shared.put();
    assert.equal(asked, 1);
    assert.deepEqual(codeOf('part.cjs', shared.shared), { source: '1', code: new Uint8Array([1]) });
  });
});
