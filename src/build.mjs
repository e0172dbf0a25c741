/**
 * Builds the code of the package but its probes: `node src/build.mjs`.
 *
 * What an application's threads load is one file each, since each file more takes time at their start. Everything else, which
 * stands on the model and the views of a report, is kept once, in parts that several files share. esbuild shares parts
 * between modules only, and most of this is loaded by `require` in threads that may hang; so it is split as modules and each
 * part is turned into CommonJS.
 *
 * What runs in every thread, and what runs on main, is two files each: one for the start, and one for when something is asked,
 * which takes from the first each module of both that remembers something, or takes something at its load: that must be there
 * once (`src/agent/threadPart.ts`). What main starts with takes from what every thread starts with all that both have.
 *
 * Names are shortened, except in what watches a thread: those are seen in heap snapshots of an application.
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
/** What the application's threads load; each but the first is loaded `beside` another. */
const AGENT = { name: 'guru-meditation-agent', entry: 'src/agent/install.ts' };
const COORDINATOR = { name: 'guru-meditation-coordinator', entry: 'src/coordinator/host.ts', beside: AGENT };
const ANSWERS = { name: 'guru-meditation-answers', entry: 'src/agent/answers.ts', beside: AGENT };
const LEADING = { name: 'guru-meditation-leading', entry: 'src/coordinator/mainReports.ts', beside: COORDINATOR };

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

/** The source files that an entry leads to, and the names it exports. */
async function lookAt({ entry }) {
  const { metafile } = await build({ ...BUNDLED, entryPoints: [entry], format: 'esm', write: false, metafile: true });
  const [{ exports }] = Object.values(metafile.outputs);
  return { files: Object.keys(metafile.inputs), exports };
}

/** A variable or a collection outside of any function, or what is taken from Node at load, before anybody replaces it. */
const REMEMBERS =
  /^(?:export )?(?:let |const \w+(?:: [^=]+)? = new (?:Map|Set|WeakMap|WeakSet)\b|const \{[\w\s,]+\} =\s+process\b)/m;

async function buildThreadParts() {
  const [agent, coordinator, answers, leading] = await Promise.all([AGENT, COORDINATOR, ANSWERS, LEADING].map(lookAt));
  const forLeading = await buildPart(LEADING, leading, common(coordinator, leading).filter(remembers));
  // Main loads both at its start, and what it has run of the agent's file a worker gets compiled.
  const forCoordinator = await buildPart(COORDINATOR, coordinator, common(agent, coordinator), forLeading);
  const forAnswers = await buildPart(ANSWERS, answers, common(agent, answers).filter(remembers));
  await buildPart(AGENT, agent, [], new Map([...forCoordinator, ...forAnswers]));
}

function common({ files }, other) {
  return files.filter((file) => other.files.includes(file));
}

function remembers(file) {
  return REMEMBERS.test(readFileSync(join(ROOT, file), 'utf8'));
}

/**
 * Builds a part that takes these files from the one it is beside of, and lends to others what they asked of it. Returns what
 * it asks itself: imports, each with its name.
 */
async function buildPart(part, { exports }, taken, lent = new Map()) {
  const own = exports.map((name) => [importing(name, part.entry), name]);
  const offered = new Map([...own, ...lent]);
  const contents = [...offered.keys(), `export { ${[...offered.values()].join(', ')} };`].join('\n');
  const { outputFiles } = await build({
    ...BUNDLED,
    format: 'esm',
    write: false,
    stdin: { contents, resolveDir: ROOT },
    plugins: part.beside === undefined ? [] : [fromTheOther(part.beside.name, taken)],
  });
  const { text, asked } = asking(outputFiles[0].text, part.beside?.name);
  const { code } = await transform(exportingOnce(text), {
    ...COMMON,
    ...AS_COMMON_JS,
    minifyWhitespace: true,
    minifySyntax: true,
    minifyIdentifiers: part !== AGENT,
  });
  writeFileSync(join(DIST, `${part.name}.cjs`), wrapped(code));
  return asked;
}

/** The text with one import of the other part, and what it imports of it. */
function asking(text, lender) {
  const asked = new Map();
  const imported = [];
  const rest = text.replaceAll(
    new RegExp(`import \\{([^}]*)\\} from "\\./${lender}\\.cjs\\?([^"]*)";`, 'g'),
    (_, names, file) => {
      imported.push(names);
      for (const [one] of names.replaceAll(/ as \w+/g, '').matchAll(/\w+/g)) asked.set(importing(one, file), one);
      return '';
    },
  );
  return { asked, text: imported.length === 0 ? rest : `import {${imported.join()}} from './${lender}.cjs';\n${rest}` };
}

/** Of two files that have the same name, esbuild says so. */
function importing(name, file) {
  return `import { ${name} } from './${file}';`;
}

/**
 * With the exports as one object. What esbuild makes of `export` defines each by itself and twice over: that was 2 to 4% of
 * the instructions that a worker's start takes for this package.
 */
function exportingOnce(text) {
  return text.replace(/\bexport \{([^}]*)\};\s*$/, (_, names) => {
    const members = names.split(',').map((name) => name.trim().replace(/^(\w+) as (\w+)$/, '$2: $1'));
    return `module.exports = { ${members.join(', ')} };\n`;
  });
}

/** Takes these files from another part; which of them is said behind its name. */
function fromTheOther(lender, files) {
  const setup = ({ onResolve }) => {
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const file = relative(ROOT, resolve(resolveDir, path)).replace(/\.js$/, '.ts');
      return files.includes(file) ? { path: `./${lender}.cjs?${file}`, external: true } : null;
    });
  };
  return { name: 'from the other part', setup };
}

function strict(code) {
  return code.startsWith(STRICT) ? code : STRICT + code;
}

/** What `src/agent/threadPart.ts` runs. */
function wrapped(code) {
  return `(function (exports, require, module, __filename, __dirname) {${strict(code)}\n})`;
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
await build({
  ...BUNDLED,
  ...AS_COMMON_JS,
  minify: true,
  entryPoints: { register: 'src/register.ts' },
  outExtension: { '.js': '.cjs' },
});
await buildThreadParts();
writeFileSync(join(DIST, 'register.d.cts'), 'export {};\n');
pruneTypes();
