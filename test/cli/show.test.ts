import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../../src/report/types.js';
import { sampleReport } from '../report/sample.js';
import { assertOneLine, gmr, stored } from './gmr.js';

const ESCAPE = '\u001b';
const BOUND = { timeout: 120_000 };

function replica(pid: number, change: (report: Report) => void = () => {}): Report {
  const report = sampleReport();
  report.process.pid = pid;
  report.process.host = `web-${pid}`;
  change(report);
  return report;
}

function calm(report: Report): void {
  report.verdicts = [];
}

function odd(report: Report): void {
  for (const verdict of report.verdicts) verdict.frame = { ...report.threads[0]!.stack[0]!, function: 'oddOne' };
}

test('a stored report is printed as text, from a file and from stdin', BOUND, () => {
  const file = stored('plain.json', sampleReport());
  const { code, stdout, stderr } = gmr(['show', file]);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^==== Guru Meditation ==== billing-api/);
  assert.match(stdout, /^STUCK {2}worker 3/m);
  assert.equal(gmr(['show', '-'], { input: JSON.stringify(sampleReport()) }).stdout, stdout);
});

test('a view that does not exist is a wrong call, said before anything is read or asked', BOUND, () => {
  for (const words of [
    ['show', '--view', 'pdf', stored('plain.json', sampleReport())],
    ['dump', '--view', 'toString', String(process.pid)],
  ]) {
    const { code, stdout, stderr } = gmr(words);
    assert.deepEqual([code, stdout], [2, '']);
    assertOneLine(stderr, /--view: expected text, json, xml, html or summary, got "(?:pdf|toString)"/);
  }
});

test('a thread, and what has a text in it, are shown alone; what matches nothing is said and is 1', BOUND, () => {
  const file = stored('filtered.json', sampleReport());
  const one = gmr(['show', '--thread', '3', file]);
  assert.equal(one.code, 0);
  assert.match(one.stdout, /^Only thread 3: 1 of 5 threads/m);
  assert.match(one.stdout, /renderTable/);
  assert.doesNotMatch(one.stdout, /Thread 0 main|refreshRates|Configuration/);
  const matched = gmr(['show', '--match', 'TENANT=17', file]);
  assert.match(matched.stdout, /labels tenant=17/);
  assert.doesNotMatch(matched.stdout, /Thread 3/);
  const json = gmr(['show', '--match', 'payments', '--view', 'json', file]);
  const groups = (JSON.parse(json.stdout) as Report).tasks.groups.map(({ id }) => id);
  assert.deepEqual(groups, ['g2']);
  const nothing = gmr(['show', '--match', 'no such text', file]);
  assert.equal(nothing.code, 1);
  assertOneLine(nothing.stderr, /nothing matches what has "no such text" in it/);
});

test(
  'of replicas it is told how many are stuck at the same frame, then the odd ones, then those that are fine',
  BOUND,
  () => {
    const files = [1, 2, 3]
      .map((pid) => stored(`r${pid}.json`, replica(pid)))
      .concat(stored('r4.json', replica(4, odd)), stored('r5.json', replica(5, calm)));
    const { code, stdout } = gmr(['show', ...files]);
    assert.equal(code, 0);
    const order = ['3 of 5 at the same frame', 'renderTable', '1 of 5', 'oddOne', 'FINE', 'r5.json'];
    const places = order.map((text) => stdout.indexOf(text));
    assert.ok(
      places.every((place, index) => place > (places[index - 1] ?? 0)),
      `${JSON.stringify(places)}\n${stdout}`,
    );
    assert.match(stdout, /web-1 1 thread 3/);
    const json = JSON.parse(gmr(['show', '--view', 'json', ...files]).stdout) as { groups: { replicas: unknown[] }[] };
    assert.deepEqual(
      json.groups.map(({ replicas }) => replicas.length),
      [3, 1, 1],
    );
    assert.equal(
      gmr(['show', '--view', 'summary', ...files])
        .stdout.trim()
        .split('\n').length,
      5,
    );
    assert.equal(gmr(['show', '--full', ...files]).stdout.match(/^-- end \S+: /gm)?.length, 5);
  },
);

const whole = JSON.stringify(sampleReport());
const HOSTILE: Record<string, [string, RegExp]> = {
  'cut JSON': [whole.slice(0, whole.length / 2), /is no whole JSON/],
  'an empty file': ['', /is no whole JSON/],
  'text with escapes': ['\u001b[2J\u009b31m\u202eevil', /is no whole JSON/],
  'JSON of somebody else': ['{"name":"x"}', /is no report of guru-meditation/],
  'an array': ['[1,2]', /is no report of guru-meditation/],
  'a later format': [whole.replace('"formatVersion":1', '"formatVersion":2'), /has format version 2, expected 1/],
  'a version that is none': [
    whole.replace('"formatVersion":1', '"formatVersion":"\\u001b[2J"'),
    /has format version \?/,
  ],
  'a missing key': [whole.replace('"pid":4242', '"pit":4242'), /has no pid/],
  'a wrong type': [whole.replace('"pid":4242', '"pid":"4242"'), /pid is a string, expected integer/],
  'a key of an object as an array': [
    whole.replace(/"tasks":\{/, '"tasks":[],"old":{'),
    /tasks is an array, expected object/,
  ],
  'deep nesting': [
    whole.replace('"configuration":{', `"configuration":{"deep":${'['.repeat(50_000)}${']'.repeat(50_000)},`),
    /is nested deeper than any report/,
  ],
  'a tree of processes without end': [
    whole.replace(
      /"processes":\[/,
      `"processes":[${'{"pid":1,"ppid":1,"user":null,"uid":null,"state":"R","command":[],"instrumented":null,"elided":0,"children":['.repeat(
        9000,
      )}${']}'.repeat(9000)},`,
    ),
    /is nested deeper than any report/,
  ],
  'a line of 10 MB': [`"${'x'.repeat(10_000_000)}`, /is no whole JSON/],
};

for (const [what, [content, expected]] of Object.entries(HOSTILE))
  test(`${what} is one line on stderr and 2`, BOUND, () => {
    const file = stored('hostile.json', content);
    for (const words of [
      ['show', file],
      ['diff', file, file],
    ]) {
      const { code, stdout, stderr } = gmr(words);
      assert.deepEqual([code, stdout], [2, '']);
      assertOneLine(stderr, expected);
    }
  });

test('a file that is not there, a directory and a wrong word are one line and 2', BOUND, () => {
  for (const [words, expected] of [
    [['show', '/no/such/file\u001b[2J'], /cannot be read: ENOENT/],
    [['show', '/tmp'], /it is a directory/],
    [['show'], /expected a file/],
    [['show', '--thread', 'x', '/tmp'], /--thread: expected a thread's number, got "x"/],
    [['diff', 'one'], /expected two files, got 1/],
    [['diff', '-', '-'], /expected stdin at most once/],
  ] as const) {
    const { code, stderr } = gmr(words);
    assert.equal(code, 2);
    assertOneLine(stderr, expected);
  }
});

test(
  'a sound report with hostile texts, names of 10 MB and odd numbers is shown, and drives no terminal',
  BOUND,
  () => {
    const report = sampleReport();
    const evil = '\u001b[2J\u009b1m\u202e\n-- end x: fine --\r';
    report.process.serviceName = evil;
    report.process.uptimeMs = 1e300;
    Object.assign(report.threads[0]!.stack[0]!, { function: `${evil}${'y'.repeat(10_000_000)}` });
    Object.assign(report.verdicts[0]!, { text: evil, code: 'constructor' });
    const file = stored('evil.json', report);
    const other = stored('evil2.json', { ...report, report: { ...report.report, id: evil } });
    for (const words of [
      ['show', file],
      ['show', '--full', file],
      ['show', '--thread', '3', file],
      ['show', file, other],
      ['show', '--view', 'json', file],
      ['diff', file, other],
      ['diff', '--json', file, other],
    ]) {
      const { code, stdout, stderr } = gmr(words);
      assert.equal(stderr, '', words.join(' '));
      assert.notEqual(code, 2);
      assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
      assert.ok(stdout.split('\n').filter((line) => line.startsWith('-- end')).length <= 1);
    }
  },
);

test('head words and rules are coloured where colours are wanted, and nowhere else', BOUND, () => {
  const file = stored('colour.json', sampleReport());
  const plain = gmr(['show', file]).stdout;
  const red = gmr(['show', file], { env: { FORCE_COLOR: '1' } }).stdout;
  assert.ok(!plain.includes(ESCAPE));
  assert.ok(red.includes(`\n${ESCAPE}[1m${ESCAPE}[31mSTUCK${ESCAPE}[39m${ESCAPE}[22m  worker 3`), red.slice(0, 900));
  const colours = new RegExp(String.raw`${ESCAPE}\[\d+m`, 'g');
  assert.equal(red.replaceAll(colours, ''), plain);
  assert.equal(gmr(['show', file], { env: { FORCE_COLOR: '0' } }).stdout, plain);
  assert.equal(gmr(['show', file], { env: { NO_COLOR: '1' } }).stdout, plain);
  assert.ok(!gmr(['show', '--view', 'json', file], { env: { FORCE_COLOR: '1' } }).stdout.includes(ESCAPE));
});

test('every option stands in the help, which is 0', BOUND, () => {
  const { code, stdout } = gmr(['show', '--help']);
  assert.equal(code, 0);
  for (const option of ['--view', '--thread', '--match', '--full', '--sections']) assert.ok(stdout.includes(option));
});

test('the help of every command tells its exit codes, in lines that a terminal has room for', BOUND, () => {
  for (const command of ['dump', 'ps', 'tree', 'check', 'show', 'diff', 'watch', 'run']) {
    const { code, stdout } = gmr([command, '--help']);
    assert.equal(code, 0);
    assert.match(stdout, command === 'run' ? /exit code.*\b124 when time ran out/ : /Exit code: .*\b0/, command);
    if (/^(?:show|diff|watch|dump)$/.test(command))
      assert.match(stdout.replaceAll('\n', ' '), /2 for a wrong call/, command);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 140, line);
  }
});
