import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { SourceLines } from '../../src/coordinator/sourceLines.js';
import type { RawFrame } from '../../src/protocol.js';
import type { Frame } from '../../src/report/types.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'gmr-source-lines-'));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

/** Files are older than the process, unless a test says otherwise. */
const STARTED_AT_MS = Date.now() + 3_600_000;
const SOURCE = `interface Page {
  y: number;
}
type Render = (page: Page) => string;

export const render: Render = (page) => {
  if (page.y > 2) throw new Error('too low'); // here
  return String(page.y);
};
`;

function write(name: string, text: string): string {
  const path = join(FOLDER, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function at(file: string, line: number, column = 1, more: Partial<RawFrame> = {}): RawFrame {
  return { function: 'f', file, line, column, async: false, kind: 'call', ...more };
}

function complete(frame: RawFrame, root: string | null = FOLDER): Frame {
  return new SourceLines(root, STARTED_AT_MS).complete(frame);
}

function place({ file, line, sure, source }: Frame): Partial<Frame> {
  return { file, line, sure, source };
}

/** A place of which nothing more is known than the thread told. */
function unknown(file: string, line: number, sure = true): Partial<Frame> {
  return { file, line, sure, source: null };
}

/** Where a text stands in a file that was built, from 1. */
function find(text: string, part: string): { line: number; column: number } {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => line.includes(part));
  assert.notEqual(index, -1, `${part} in ${text}`);
  return { line: index + 1, column: (lines[index] ?? '').indexOf(part) + 1 };
}

/** Builds `SOURCE` into a folder of its own; gives the built file, its text and its source's path. */
function build(
  folder: string,
  sourcemap: 'external' | 'linked' | 'inline' | false,
  more: { sourcesContent?: boolean; sourceRoot?: string } = {},
): { file: string; text: string; source: string } {
  const source = write(`${folder}/src/page.ts`, SOURCE);
  const file = join(FOLDER, folder, 'dist/page.js');
  const built = buildSync({
    entryPoints: [source],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    sourcemap,
    logLevel: 'error',
    write: false,
    ...more,
  });
  for (const output of built.outputFiles) write(output.path.slice(FOLDER.length + 1), output.text);
  return { file, text: built.outputFiles.find(({ path }) => path === file)?.text ?? '', source };
}

const HERE = "if (page.y > 2) throw new Error('too low'); // here";

/** A built file with a hand-made map, or with a reference to anything at all. */
function withReference(name: string, reference: string, code = 'run();\n'): string {
  return write(name, `${code}//# sourceMappingURL=${reference}\n`);
}

function inline(map: unknown): string {
  return `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
}

test('a file without a map shows its own line, trimmed and cut', () => {
  const file = write('plain.js', `first();\n  \tsecond();\n${'x'.repeat(300)};\n${'y'.repeat(5000)}\n\n`);
  assert.deepEqual(place(complete(at(file, 2, 4))), { file, line: 2, sure: true, source: 'second();' });
  assert.equal(complete(at(file, 3)).source, 'x'.repeat(160));
  assert.equal(complete(at(file, 4)).source, null, 'minified');
  assert.equal(complete(at(file, 5)).source, null, 'empty');
  assert.equal(complete(at(file, 50)).source, null, 'beyond the end');
  assert.equal(complete(at(pathToFileURL(file).href, 1)).file, file);
});

test('a frame without a file, of node: or without a line stays as it is', () => {
  for (const frame of [
    at('node:fs', 5, 1),
    { ...at('x', 1), file: null, line: null, column: null },
    at('evalmachine.<anonymous>', 3),
    { ...at('/x.js', 1), line: null },
  ]) {
    const { file, line } = frame;
    assert.deepEqual(place(complete(frame)), { file, line, sure: true, source: null });
  }
});

test('the package of a frame is that of its file', () => {
  const file = write('node_modules/@scope/name/index.js', 'run();\n');
  const frame = complete(at(file, 1));
  assert.equal(frame.package, '@scope/name');
  assert.deepEqual(Object.keys(frame).sort(), [
    'async',
    'column',
    'file',
    'function',
    'kind',
    'line',
    'package',
    'source',
    'sure',
  ]);
});

for (const [what, sourcemap, more] of [
  ['a map beside it', 'linked', {}],
  ['a map inside', 'inline', {}],
  ['a map beside it that only names the source', 'linked', { sourcesContent: false }],
  ['a map inside that only names the source', 'inline', { sourcesContent: false }],
] as const) {
  test(`a built file with ${what} shows the source, with types above the function`, () => {
    const { file, text, source } = build(what.replaceAll(' ', '-'), sourcemap, more);
    const { line, column } = find(text, 'throw new Error');
    assert.notEqual(line, find(SOURCE, 'throw').line, 'the build moved the line');
    const frame = complete(at(file, line, column));
    assert.deepEqual(place(frame), { file: source, line: 7, sure: true, source: HERE });
    assert.equal(frame.column, find(SOURCE, 'throw new Error').column);
  });
}

test('a built file without a map, or with one that it does not name, shows its own line', () => {
  for (const sourcemap of [false, 'external'] as const) {
    const { file, text } = build(`unnamed-${sourcemap}`, sourcemap);
    const { line, column } = find(text, 'throw new Error');
    const source = text.split('\n')[line - 1]?.trim();
    assert.deepEqual(place(complete(at(file, line, column))), { file, line, sure: true, source });
  }
});

test('a line that the build added has no source, and is not taken for the one before it', () => {
  const { file, text } = build('helpers', 'linked');
  const { line } = find(text, 'var __');
  const frame = complete(at(file, line, 1));
  assert.deepEqual([frame.file, frame.line], [file, line]);
  const map = { version: 3, sources: ['a.ts'], sourcesContent: ['one();'], mappings: 'AAAA' };
  const other = withReference('added.js', inline(map), 'one();\nadded();\n');
  assert.deepEqual(place(complete(at(other, 2))), { file: other, line: 2, sure: true, source: 'added();' });
});

test('TypeScript shows its line only where the thread says that it runs as written', () => {
  const file = write('module.ts', SOURCE);
  assert.deepEqual(place(complete(at(file, 7))), unknown(file, 7, false));
  const lines = new SourceLines(FOLDER, STARTED_AT_MS);
  assert.equal(lines.complete(at(file, 7, 3, { mapped: { file, line: 7, column: 3 } })).source, HERE);
  assert.equal(lines.complete(at(file, 8)).source, 'return String(page.y);', 'and so do its other lines');
});

test('a place that the thread mapped is the source’s, also for the same place without the mark', () => {
  const file = write('loaded.ts', SOURCE);
  const lines = new SourceLines(FOLDER, STARTED_AT_MS);
  const mapped = { file, line: 7, column: 19 };
  for (const frame of [at(file, 1, 200, { mapped }), at(file, 1, 200)])
    assert.deepEqual(place(lines.complete(frame)), { file, line: 7, sure: true, source: HERE });
  assert.deepEqual(place(lines.complete(at(file, 1, 300))), unknown(file, 1, false));
});

test('a place that the thread knows to be transformed, without a map, shows no line', () => {
  const file = write('transformed.js', 'run();\n');
  assert.deepEqual(place(complete(at(file, 1, 1, { mapped: null }))), unknown(file, 1, false));
});

test('a file that changed after the start of the process shows no line, and is not sure', () => {
  const plain = write('changed.js', 'old();\n');
  const { file, text, source } = build('changed', 'linked', { sourcesContent: false });
  const later = new Date(STARTED_AT_MS + 60_000);
  for (const path of [plain, source]) utimesSync(path, later, later);
  assert.deepEqual(place(complete(at(plain, 1))), unknown(plain, 1, false));
  const { line, column } = find(text, 'throw new Error');
  assert.deepEqual(place(complete(at(file, line, column))), unknown(source, 7, false));
  const mapped = { file: source, line: 7, column: 19 };
  assert.deepEqual(place(complete(at(source, 1, 9, { mapped }))), unknown(source, 7, false));
  utimesSync(file, later, later);
  assert.deepEqual(place(complete(at(file, line, column))), unknown(file, line, false));
});

test('a file of 10 MB shows its line, also by its map, and one of 25 MB does not', () => {
  const filler = `${'//'.padEnd(99, 'x')}\n`;
  const code = `${filler.repeat(100_000)}last();\n`;
  const map = {
    version: 3,
    sources: ['big.ts'],
    sourcesContent: ['source();'],
    mappings: `${';'.repeat(100_000)}AAAA`,
  };
  const plain = write('big.js', code);
  assert.equal(complete(at(plain, 100_001)).source, 'last();');
  const mapped = withReference('bigMapped.js', inline(map), code);
  assert.deepEqual(place(complete(at(mapped, 100_001))), {
    file: join(FOLDER, 'big.ts'),
    line: 1,
    sure: true,
    source: 'source();',
  });
  const huge = write('huge.js', filler.repeat(250_000));
  assert.deepEqual(place(complete(at(huge, 1))), unknown(huge, 1));
});

test('maps whose decoding would take too long are left out, those that are small are not', () => {
  const lines = new SourceLines(FOLDER, STARTED_AT_MS);
  const heavy = { version: 3, sources: ['a.ts'], mappings: `${'AAAA,'.repeat(400_000)}AAAA` };
  const files = [1, 2, 3].map((number) => withReference(`heavy${number}.js`, inline(heavy)));
  assert.deepEqual(
    files.map((file) => lines.complete(at(file, 1)).file === file),
    [false, true, true],
  );
  const small = withReference('small.js', inline({ version: 3, sources: ['a.ts'], mappings: 'AAAA' }));
  assert.equal(lines.complete(at(small, 1)).file, join(FOLDER, 'a.ts'));
});

test('a map that is none leaves the place what it is', () => {
  const broken: unknown[] = [
    null,
    [],
    'text',
    7,
    {},
    { version: 2, sources: ['a.ts'], mappings: 'AAAA' },
    { version: 3, sources: 'a.ts', mappings: 'AAAA' },
    { version: 3, sources: ['a.ts'], mappings: 7 },
    { version: 3, sources: [null], mappings: 'AAAA' },
    { version: 3, sources: [], mappings: 'AAAA' },
    { version: 3, sources: ['a.ts'], mappings: '' },
    { version: 3, sources: ['a.ts'], mappings: 'A' },
    { version: 3, sources: ['a.ts'], mappings: 'AADA' },
    { version: 3, sources: ['a.ts'], mappings: '!' },
    { version: 3, sources: ['file://host/a.ts'], mappings: 'AAAA' },
    { version: 3, sections: [] },
    { version: 3, sections: [{ offset: { line: -1, column: 0 }, map: { version: 3, sources: ['a'], mappings: 'A' } }] },
    { version: 3, sections: [null, { map: null }] },
  ];
  for (const [index, map] of broken.entries()) {
    const file = withReference(`broken${index}.js`, inline(map));
    const { sure, source, line } = complete(at(file, 1));
    assert.ok(line === 1 && sure, JSON.stringify(map));
    assert.ok(source === 'run();' || source === null, JSON.stringify(map));
  }
  for (const reference of ['broken.map', 'missing.map', 'data:application/json;base64,%%%', 'data:text/plain,x', '%'])
    assert.equal(complete(at(withReference('other.js', reference), 1)).source, 'run();', reference);
  write('broken.map', '{"version": 3, "sources": [');
  assert.equal(complete(at(withReference('other.js', 'broken.map'), 1)).source, 'run();');
});

test('a map that names a source that is not there gives the place without a line', () => {
  const map = { version: 3, sources: ['gone/a.ts'], mappings: 'AAAA' };
  assert.deepEqual(
    place(complete(at(withReference('gone.js', inline(map)), 1))),
    unknown(join(FOLDER, 'gone/a.ts'), 1),
  );
});

test('sources are found relative to the map, below its root, by URL, and as other URLs', () => {
  const sources = [
    'a.ts',
    '../b.ts',
    pathToFileURL(join(FOLDER, 'c.ts')).href,
    'webpack://app/./src/d.ts',
    '/abs/e.ts',
  ];
  const map = { version: 3, sources, mappings: 'AAAA;ACAA;ACAA;ACAA;ACAA' };
  write('maps/deep/x.js.map', JSON.stringify(map));
  const file = withReference('x.js', 'maps/deep/x.js.map?v=1', 'a\nb\nc\nd\ne\n');
  const found = [1, 2, 3, 4, 5].map((line) => complete(at(file, line)).file);
  const expected = [join(FOLDER, 'maps/deep/a.ts'), join(FOLDER, 'maps/b.ts'), join(FOLDER, 'c.ts')];
  assert.deepEqual(found, [...expected, 'webpack://app/./src/d.ts', '/abs/e.ts']);
  const rooted = withReference('y.js', inline({ version: 3, sourceRoot: 'lib/', sources: ['a.ts'], mappings: 'AAAA' }));
  assert.equal(complete(at(rooted, 1)).file, join(FOLDER, 'lib/a.ts'));
});

test('an indexed map, an escaped map and one with a comment behind it are read', () => {
  const map = { version: 3, sources: ['a.ts'], sourcesContent: ['source();'], mappings: 'AAAA' };
  const indexed = { version: 3, sections: [{ offset: { line: 1, column: 0 }, map }] };
  const code = 'first();\nrun();\n';
  assert.equal(complete(at(withReference('indexed.js', inline(indexed), code), 2)).source, 'source();');
  assert.equal(complete(at(withReference('indexed.js', inline(indexed), code), 1)).source, 'first();');
  const escaped = `data:application/json;charset=utf-8,${encodeURIComponent(JSON.stringify(map))}`;
  assert.equal(complete(at(withReference('escaped.js', escaped), 1)).source, 'source();');
  const behind = write('behind.js', `run();\n//# sourceMappingURL=${inline(map)}\n//# debugId=1\n\n`);
  assert.equal(complete(at(behind, 1)).source, 'source();');
  const within = write('within.js', `run('\\\n//# sourceMappingURL=${inline(map)}');\nmore();\n`);
  assert.equal(complete(at(within, 1)).source, "run('\\", 'a text in the middle is no reference');
});

test(
  'what a reference names is read only if it is a plain file, and nothing of it is shown',
  { timeout: 20_000 },
  () => {
    const secret = write('secret.txt', 'password=hunter2\n');
    const pipe = join(FOLDER, 'pipe.map');
    if (process.platform !== 'win32') execFileSync('mkfifo', [pipe]);
    symlinkSync('/dev/zero', join(FOLDER, 'zero.map'));
    const references = ['/dev/zero', '/dev/stdin', pipe, 'pipe.map', 'zero.map', '../../../../../../etc/passwd', '.'];
    for (const reference of [...references, secret, '//host/x.map', '\\\\host\\x.map', 'http://127.0.0.1:1/x.map']) {
      const file = withReference('hostile.js', reference);
      assert.deepEqual(place(complete(at(file, 1))), { file, line: 1, sure: true, source: 'run();' }, reference);
    }
  },
);

test('a source that is no source code is not shown, whoever names it', { timeout: 20_000 }, () => {
  const secret = write('.env', 'PASSWORD=hunter2\n');
  const extensionless = write('id_rsa', 'hunter2\n');
  const script = write('cli', '#!/usr/bin/env node\nrun();\n');
  const pipe = join(FOLDER, 'pipe.js');
  if (process.platform !== 'win32') execFileSync('mkfifo', [pipe]);
  for (const hostile of [secret, extensionless, '/etc/passwd', '/dev/zero', '/proc/self/environ', pipe, FOLDER]) {
    const file = withReference('names.js', inline({ version: 3, sources: [hostile], mappings: 'AAAA' }));
    assert.equal(complete(at(file, 1)).source, null, hostile);
    assert.deepEqual(place(complete(at(hostile, 1))), unknown(hostile, 1));
    const mapped = { file: hostile, line: 1, column: 1 };
    assert.equal(complete(at(script, 2, 1, { mapped })).source, null, hostile);
  }
  assert.equal(complete(at(script, 2)).source, 'run();', 'a script without an extension is source code');
});
