import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import test from 'node:test';
import { OPTION_SPECS } from '../src/options.js';

const readme = readFileSync('README.md', 'utf8');
const BOUND_MS = 20_000;

function blocksOf(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (match) => match[1] ?? '',
  );
}

test(
  'every JavaScript example of the README runs, and prints a report without its secret',
  { timeout: BOUND_MS },
  () => {
    const examples = blocksOf('js');
    assert.ok(examples.length > 0);
    for (const example of examples) {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', example], {
        encoding: 'utf8',
        timeout: BOUND_MS,
      });
      assert.equal(status, 0, stderr);
      assert.match(stdout, /==== Guru Meditation ====/);
      assert.match(stdout, /billing-api 1\.2\.3/);
      assert.match(stdout, /feature_x/);
      assert.doesNotMatch(stdout, /hunter2/);
      assert.equal(stderr, '');
    }
  },
);

test('the table of options names every option with its variable, and no other', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` \| (?:`(GMR_\w+)`)? \|/gm)].map((match) => [
    match[1],
    match[2] ?? null,
  ]);
  assert.deepEqual(
    rows,
    OPTION_SPECS.map((option) => [option.name, option.variable]),
  );
});

test('every picture that the README shows is there, and small', () => {
  const files = [...readme.matchAll(/(?:src|srcset)="([^"]+)"/g)].map((match) => match[1] ?? '');
  assert.ok(files.length > 0);
  for (const file of files) assert.ok(statSync(file).size < 200 * 1024, file);
});

test('the first command of the README is a script of the package', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  for (const [, name] of readme.matchAll(/npm (?:run )?(demo|test)\b/g)) assert.ok(scripts[String(name)], String(name));
});
