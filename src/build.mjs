/**
 * Builds the code of the package but its probes: `node src/build.mjs`.
 *
 * What an application's threads load is one file each, since each file more takes time at their start. Everything else, which
 * stands on the model and the views of a report, is kept once, in parts that several files share. esbuild shares parts
 * between modules only, and most of this is loaded by `require` in threads that may hang; so it is split as modules and each
 * part is turned into CommonJS.
 *
 * What runs in every thread is two files: one that watches, and one that answers, which asks the first for each module of
 * both that remembers something (`src/agent/threadPart.ts`): that must be there once.
 *
 * Names are shortened, except in what watches: those are seen in heap snapshots of an application.
 */
import { build, transform } from 'esbuild';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const API = 'guru-meditation-api';
const COMMAND = 'guru-meditation-command';
const SHARING = {
  [API]: 'src/index.ts',
  [COMMAND]: 'src/cli/gmr.ts',
  'guru-meditation-report': 'src/coordinator/finish.ts',
  'guru-meditation-sentinel': 'src/sentinel/main.ts',
};
const ALONE = {
  register: 'src/register.ts',
  'guru-meditation-coordinator': 'src/coordinator/host.ts',
};
const AGENT = 'guru-meditation-agent';
const WATCHES = 'src/agent/install.ts';
const ANSWERS = 'src/agent/answers.ts';

const COMMON = { platform: 'node', target: 'node20.19', legalComments: 'none' };
const BUNDLED = {
  ...COMMON,
  absWorkingDir: ROOT,
  outdir: DIST,
  bundle: true,
  packages: 'external',
  define: { GURU_MEDITATION_VERSION: JSON.stringify(version) },
};
/** Where a module has `import.meta`, CommonJS has `__dirname`: the source asks for both. Modules are strict code. */
const STRICT = '"use strict";';
const AS_COMMON_JS = { format: 'cjs', logOverride: { 'empty-import-meta': 'silent' } };

async function buildParts() {
  const { outputFiles, metafile } = await build({
    ...BUNDLED,
    entryPoints: SHARING,
    chunkNames: 'guru-meditation-shared-[hash]',
    splitting: true,
    format: 'esm',
    write: false,
    metafile: true,
  });
  await Promise.all(outputFiles.map(writePart));
  return Object.entries(metafile.outputs);
}

async function writePart({ path, text }) {
  const { code } = await transform(text.replaceAll(/(["']\.\/guru-meditation-[\w-]+)\.js(["'])/g, '$1.cjs$2'), {
    ...COMMON,
    ...AS_COMMON_JS,
    minify: true,
    // `import()` of a part is `require` then. The API lends its own to code that has none, and imports no part.
    supported: { 'dynamic-import': basename(path) === `${API}.js` },
  });
  writeFileSync(path.replace(/\.js$/, '.cjs'), strict(code));
}

/** The source files that an entry leads to. */
async function modulesOf(entry) {
  const { metafile } = await build({ ...BUNDLED, entryPoints: [entry], format: 'esm', write: false, metafile: true });
  return Object.keys(metafile.inputs);
}

/** A variable or a collection outside of any function. */
const REMEMBERS = /^(?:export )?(?:let |const \w+(?:: [^=]+)? = new (?:Map|Set|WeakMap|WeakSet)\b)/m;

async function buildThreadParts() {
  const [watching, answering] = await Promise.all([WATCHES, ANSWERS].map(modulesOf));
  const shared = watching.filter(
    (file) => answering.includes(file) && REMEMBERS.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  const lent = await buildAnswers(shared);
  await build({
    ...BUNDLED,
    ...AS_COMMON_JS,
    minifyWhitespace: true,
    minifySyntax: true,
    banner: { js: STRICT },
    outfile: join(DIST, `${AGENT}.cjs`),
    outdir: undefined,
    stdin: { contents: [`export * from './${WATCHES}';`, ...lent].join('\n'), resolveDir: ROOT },
  });
}

/** Returns the lines that lend it what it asks of these files. */
async function buildAnswers(shared) {
  const { outputFiles } = await build({
    ...BUNDLED,
    entryPoints: { 'guru-meditation-answers': ANSWERS },
    format: 'esm',
    write: false,
    plugins: [fromTheOther(shared)],
  });
  const lent = new Set();
  for (const { path, text } of outputFiles) {
    const asking = text.replaceAll(ASKED, (_, names, file) => {
      for (const [name] of names.replaceAll(/ as \w+/g, '').matchAll(/\w+/g))
        lent.add(`export { ${name} } from './${file}';`);
      return `import {${names}} from './${AGENT}.cjs'`;
    });
    const { code } = await transform(asking, { ...COMMON, ...AS_COMMON_JS, minify: true });
    writeFileSync(path.replace(/\.js$/, '.cjs'), strict(code));
  }
  return lent;
}

const ASKED = new RegExp(`import \\{([^}]*)\\} from "\\./${AGENT}\\.cjs\\?([^"]*)"`, 'g');

/** Takes these files from the part that watches; which of them is said behind its name. */
function fromTheOther(files) {
  const setup = ({ onResolve }) => {
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const file = relative(ROOT, resolve(resolveDir, path)).replace(/\.js$/, '.ts');
      return files.includes(file) ? { path: `./${AGENT}.cjs?${file}`, external: true } : null;
    });
  };
  return { name: 'from the other part', setup };
}

function strict(code) {
  return code.startsWith(STRICT) ? code : STRICT + code;
}

/** What applications import, and the command: modules, as the rest of the package is to the outside. */
function writeModules(outputs) {
  const [, { exports }] = outputs.find(([path]) => basename(path) === `${API}.js`);
  writeFileSync(join(DIST, 'index.js'), `export { ${exports.join(', ')} } from './${API}.cjs';\n`);
  writeFileSync(join(DIST, 'gmr.js'), `#!/usr/bin/env node\nimport './${COMMAND}.cjs';\n`);
  chmodSync(join(DIST, 'gmr.js'), 0o755);
}

/** Of the declarations that TypeScript made, those that `index.d.ts` leads to. */
function pruneTypes() {
  const folder = join(DIST, 'types');
  const needed = new Set();
  const visit = (file) => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const [, to] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]+)\.js['"]/g))
      visit(resolve(dirname(file), `${to}.d.ts`));
  };
  visit(join(folder, 'index.d.ts'));
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = join(folder, name);
    if (statSync(file).isFile() && !needed.has(file)) rmSync(file);
  }
}

mkdirSync(DIST, { recursive: true });
writeModules(await buildParts());
await build({ ...BUNDLED, ...AS_COMMON_JS, minify: true, entryPoints: ALONE, outExtension: { '.js': '.cjs' } });
await buildThreadParts();
writeFileSync(join(DIST, 'register.d.cts'), 'export {};\n');
pruneTypes();
