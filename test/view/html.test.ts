import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { assert as check, property, string } from 'fast-check';
import type { Report } from '../../src/report/types.js';
import { renderHtml } from '../../src/view/html/html.js';
import { selectedReport } from '../../src/view/selectedReport.js';
import { at, group, sampleReport, thread } from '../report/sample.js';
import { hostileText, withTexts } from './hostile.js';

const BOUND = { timeout: 60_000 };

/** What the file consists of: the parts that are this package's own, the report's data, and the rest, which is markup. */
interface Parts {
  policy: string;
  style: string;
  json: string;
  script: string;
  title: string;
  body: string;
}

const FILE =
  /^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="([^"]*)">\n(?:<meta name="[a-z-]+" content="[^"]*">\n)+<link rel="icon" href="data:,">\n<title>([^<]*)<\/title>\n<style>([^]*?)<\/style>\n<\/head>\n<body>([^]*?)\n<script type="application\/json" id="report">([^]*?)<\/script>\n<script>([^]*?)<\/script>\n<\/body>\n<\/html>\n$/;

function partsOf(html: string): Parts {
  const [, policy = '', title = '', style = '', body = '', json = '', script = ''] = FILE.exec(html) ?? [];
  assert.notEqual(script, '', 'the file has another shape');
  return { policy, style, json, script, title, body };
}

/** Elements and attributes that can load, run or send nothing. */
const ELEMENTS =
  'article button code dd details div dl dt footer form h1 h2 h3 header input label li main ol option output p pre rect section select span strong summary svg time ul wbr'.split(
    ' ',
  );
const ATTRIBUTES =
  /^(?:aria-[a-z]+|data-[a-z]+|autocomplete|class|datetime|for|height|hidden|id|open|placeholder|role|spellcheck|tabindex|type|value|width)$/;
const TOKEN = /<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"<>]*")*)>|([^<>]+)/gy;
const REFERENCE = /&(?:amp|lt|gt|quot|#39);/g;
const INVISIBLE = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/u;

/** Throws unless the text is nothing but elements and attributes of the lists, closed in order, and escaped text. */
function checkMarkup(html: string): void {
  const open: string[] = [];
  let end = 0;
  for (const match of html.matchAll(TOKEN)) {
    assert.equal(match.index, end, `no token at ${end}: ${html.slice(end, end + 80)}`);
    end += match[0].length;
    const [whole, closing, name, attributes = ''] = match;
    assert.doesNotMatch((name === undefined ? whole : attributes).replace(REFERENCE, ''), /&/, 'a bare ampersand');
    assert.doesNotMatch(whole, INVISIBLE);
    if (name === undefined) continue;
    assert.ok(ELEMENTS.includes(name), `an element ${name}`);
    for (const [, attribute = ''] of attributes.matchAll(/ ([a-z-]+)="/g)) assert.match(attribute, ATTRIBUTES);
    if (closing === '/') assert.equal(open.pop(), name);
    else if (!['input', 'wbr'].includes(name)) open.push(name);
  }
  assert.equal(end, html.length, `no token at ${end}`);
  assert.deepEqual(open, []);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

test('the checker itself finds what does not belong into a page', () => {
  for (const bad of [
    '<p>',
    '<p></b>',
    '<p>&</p>',
    '<script></script>',
    '<p onclick="x"></p>',
    '<p style="a"></p>',
    'a<b',
  ])
    assert.throws(() => checkMarkup(bad), assert.AssertionError, bad);
  checkMarkup('<p class="&lt;">x &amp; y<wbr></p>');
});

test('the policy of the page lets nothing run but its one script and its one style sheet, and nothing be loaded or sent', () => {
  const { policy, style, script } = partsOf(renderHtml(sampleReport()));
  const directives = new Map(
    policy.split('; ').map((directive) => {
      const [name = '', ...values] = directive.split(' ');
      return [name, values.join(' ')];
    }),
  );
  assert.equal(directives.get('default-src'), "'none'");
  assert.equal(directives.get('script-src'), `'sha256-${sha256(script)}'`);
  assert.equal(directives.get('style-src'), `'sha256-${sha256(style)}'`);
  assert.equal(directives.get('form-action'), "'none'");
  assert.equal(directives.get('base-uri'), "'none'");
  assert.equal(directives.get('require-trusted-types-for'), "'script'");
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  assert.doesNotMatch(script, /<\/script|<!--/i);
  assert.doesNotMatch(style, /<\/style|@import|url\(/i);
});

test('the page says the verdicts first, then every thread with its state and its place', BOUND, () => {
  const { body, title } = partsOf(renderHtml(sampleReport()));
  checkMarkup(body);
  const texts = body.replaceAll(/<[^>]*>/g, '');
  const order = [
    'STUCK',
    'worker 3 of pool pdf-render, for 41 s',
    'while (y &lt; page.bottom) {',
    'WAITS',
    'Threads',
    'spinning 41\u00a0s',
    'Green threads',
  ];
  const places = order.map((text) => texts.indexOf(text));
  assert.ok(!places.includes(-1), JSON.stringify(places));
  assert.deepEqual(
    places,
    [...places].sort((one, other) => one - other),
  );
  for (const name of ['main', 'worker 1', 'worker 2', 'worker 3', 'worker 4'])
    assert.ok(body.includes(`<strong>${name}</strong>`), name);
  assert.match(title, /^STUCK worker 3 .*billing-api$/);
});

test('a page of a healthy process says as plainly that nothing looks stuck', () => {
  const { body } = partsOf(renderHtml({ ...sampleReport(), verdicts: [] }));
  assert.match(body, /tone-good"><h2><span class="label">FINE<\/span> Nothing looks stuck\./);
});

test('the JSON in the page is the report', () => {
  const report = sampleReport();
  report.process.title = '</script><script>alert(1)</script><!--';
  const { json } = partsOf(renderHtml(report));
  assert.doesNotMatch(json, /</);
  assert.deepEqual(JSON.parse(json), report);
});

test('sections that are left out are neither on the page nor in its JSON', () => {
  const { body, json } = partsOf(renderHtml(sampleReport(), { sections: ['-threads', '-configuration', '-tasks'] }));
  checkMarkup(body);
  for (const id of ['threads', 'tasks', 'hot']) assert.ok(!body.includes(`id="${id}"`), id);
  assert.doesNotMatch(body + json, /hosts/);
  assert.ok(body.includes('id="pools"'));
  const kept = JSON.parse(json) as Partial<Report>;
  assert.equal(kept.threads, undefined);
  assert.deepEqual(kept, selectedReport(sampleReport(), ['-threads', '-configuration', '-tasks']));
});

test('a stored report without some of its sections still becomes a page', () => {
  const { format, formatVersion, report, process } = sampleReport();
  checkMarkup(partsOf(renderHtml({ format, formatVersion, report, process } as Report)).body);
});

test('what would run, break out or hide is shown as text', () => {
  const name = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}\u202e\u200b';
  const report = sampleReport();
  report.threads.unshift(
    thread(9, { name, pool: name, stack: [at(name, `/srv/billing/${name}.ts`, 1, { source: name })] }),
  );
  report.tasks.groups.unshift(group('g0', { type: name, labels: { [name]: name } }));
  const { body } = partsOf(renderHtml(report));
  checkMarkup(body);
  assert.ok(body.includes('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=alert(1)&gt;{{7*7}}'));
  assert.ok(body.includes(String.raw`\u202e\u200b`));
});

test('the page is escaped and its JSON parses to the report, whatever the report says', BOUND, () => {
  check(
    property(hostileText, string({ unit: 'binary' }), (before, after) => {
      const report = withTexts(sampleReport(), (old) => before + old + after);
      const { body, json, title } = partsOf(renderHtml(report));
      checkMarkup(body);
      assert.doesNotMatch(title, INVISIBLE);
      assert.doesNotMatch(json, INVISIBLE);
      assert.deepEqual(JSON.parse(json), selectedReport(report, undefined));
    }),
    { numRuns: 100 },
  );
});

test('a hundred thousand groups are in the JSON, and only the first of them in the markup', BOUND, () => {
  const report = sampleReport();
  const [first] = report.tasks.groups;
  assert.ok(first);
  report.tasks.groups = Array.from({ length: 100_000 }, (_, index) => ({ ...first, id: `g${index}` }));
  const { body, json } = partsOf(renderHtml(report));
  assert.equal((JSON.parse(json) as Report).tasks.groups.length, 100_000);
  const rows = body.match(/<details class="row task">/g) ?? [];
  assert.ok(rows.length > 0 && rows.length < 100, String(rows.length));
  assert.match(body, /more groups need scripts/);
});

test('a path of 200,000 folders is shown as far as a text is shown', BOUND, () => {
  const report = sampleReport();
  for (const frame of report.threads.flatMap(({ stack }) => stack)) frame.file = '/folder'.repeat(200_000);
  const { body } = partsOf(renderHtml(report));
  assert.ok(/<wbr>fol\w*\.\.\. \(\d+ more characters\)/.test(body), body.slice(0, 3000));
  assert.ok(body.length < 1_000_000, String(body.length));
});
