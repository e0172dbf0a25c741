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

test('a tool that a project has installed is not the application: the project of the working folder is', (t) => {
  const root = tree(t, {
    'package.json': '{ "name": "shop", "version": "2.0.0" }',
    'packages/cart/package.json': '{ "name": "cart" }',
    'node_modules/runner/package.json': '{ "name": "runner", "version": "9.9.9" }',
    'node_modules/runner/dist/cli.js': '',
    'global/node_modules/app/package.json': '{ "name": "app" }',
    'global/node_modules/app/cli.js': '',
  });
  const runner = join(root, 'node_modules/runner/dist/cli.js');
  assert.deepEqual(readPackage(runner, NONE, root), { vendor: null, product: 'shop', version: '2.0.0', root });
  assert.equal(readPackage(runner, NONE, join(root, 'packages/cart')).product, 'cart');
  assert.equal(readPackage(runner, NONE, tmpdir()).product, 'runner');
  assert.equal(readPackage(join(root, 'global/node_modules/app/cli.js'), NONE, root).product, 'app');
});

test('a tool is found through the symbolic link that a package manager made for it', (t) => {
  const root = tree(t, {
    'store/runner@9/node_modules/runner/package.json': '{ "name": "runner" }',
    'store/runner@9/node_modules/runner/cli.js': '',
    'shop/package.json': '{ "name": "shop" }',
    'shop/node_modules/.keep': '',
  });
  const installed = join(root, 'store/runner@9/node_modules/runner');
  symlinkSync(installed, join(root, 'shop/node_modules/runner'));
  assert.equal(readPackage(join(installed, 'cli.js'), NONE, join(root, 'shop')).product, 'shop');
});
