import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readPackage, serviceNameOf } from '../../src/sections/package.js';

const NONE = { vendor: null, product: null, version: null };

function tree(t: TestContext, files: Record<string, string>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gmr-package-')));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

test('the package is found upward from the main script, whatever the working directory is', (t) => {
  const root = tree(t, {
    'package.json':
      '{ "name": "billing-api", "version": "1.2.3", "author": "Acme <dev@acme.example> (https://acme.example)" }',
    'dist/src/main.js': '',
  });
  assert.deepEqual(readPackage(join(root, 'dist/src/main.js'), NONE), {
    vendor: 'Acme',
    product: 'billing-api',
    version: '1.2.3',
    root,
  });
});

test('a package.json without a name is not the application, unless there is no other', (t) => {
  const root = tree(t, {
    'package.json': '{ "name": "billing-api" }',
    'dist/package.json': '{ "type": "module" }',
    'dist/main.js': '',
  });
  assert.equal(readPackage(join(root, 'dist/main.js'), NONE).root, root);
  const bare = tree(t, { 'dist/package.json': '{ "type": "module" }', 'dist/main.js': '' });
  assert.deepEqual(readPackage(join(bare, 'dist/main.js'), NONE), { ...NONE, root: join(bare, 'dist') });
});

test('a symbolic link is followed to where the script really is', (t) => {
  const root = tree(t, {
    'app/package.json': '{ "name": "real" }',
    'app/cli.js': '',
    'bin/package.json': '{ "name": "other" }',
  });
  symlinkSync(join(root, 'app/cli.js'), join(root, 'bin/cli'));
  assert.equal(readPackage(join(root, 'bin/cli'), NONE).product, 'real');
});

test('broken, foreign and missing package files give nulls', (t) => {
  for (const content of ['{ "name": ', '[]', 'null', '"text"', '{ "name": 1, "version": {}, "author": 5 }']) {
    const root = tree(t, { 'package.json': content, 'main.js': '' });
    assert.deepEqual(readPackage(join(root, 'main.js'), NONE), { ...NONE, root });
  }
  assert.deepEqual(readPackage(undefined, NONE), { ...NONE, root: null });
});

test('a folder and a script without its extension are main scripts as well', (t) => {
  const root = tree(t, { 'package.json': '{ "name": "billing-api" }', 'index.js': '' });
  assert.equal(readPackage(root, NONE).product, 'billing-api');
  assert.equal(readPackage(join(root, 'index'), NONE).product, 'billing-api');
});

test('the option wins part by part', (t) => {
  const root = tree(t, { 'package.json': '{ "name": "billing-api", "version": "1.2.3" }', 'main.js': '' });
  const facts = readPackage(join(root, 'main.js'), { vendor: 'Acme', product: null, version: '9' });
  assert.deepEqual(facts, { vendor: 'Acme', product: 'billing-api', version: '9', root });
});

test('the service is named by the option, the package, the script, or node', () => {
  assert.equal(serviceNameOf('billing', 'app', '/srv/main.js'), 'billing');
  assert.equal(serviceNameOf(null, '@acme/app', '/srv/main.js'), '@acme/app');
  assert.equal(serviceNameOf(null, null, '/srv/main.mjs'), 'main');
  assert.equal(serviceNameOf(null, ' ', undefined), 'node');
});
