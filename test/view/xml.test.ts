import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, property, string } from 'fast-check';
import type { Report } from '../../src/report/types.js';
import { escapeXml, renderXml } from '../../src/view/xml.js';
import { sampleReport } from '../report/sample.js';
import { hostileText, withTexts } from './hostile.js';

const TOKEN =
  /<\?xml version="1\.0" encoding="UTF-8"\?>|<(\/?)([A-Za-z_][\w.-]*)((?: [A-Za-z_]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
const REFERENCE = /&(?:amp|lt|gt|quot|apos|#x[0-9a-f]+);/g;

/** Throws unless the text is well-formed XML of the kind written here: elements, attributes, text, references. */
function checkWellFormed(xml: string): void {
  assert.doesNotMatch(xml, /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u, 'a character that XML forbids');
  const open: string[] = [];
  let end = 0;
  for (const match of xml.matchAll(TOKEN)) {
    assert.equal(match.index, end, `no token at ${end}: ${xml.slice(end, end + 80)}`);
    end += match[0].length;
    const [whole, closing, name, attributes = '', isEmpty] = match;
    const text = name === undefined && !whole.startsWith('<?') ? whole : attributes;
    assert.doesNotMatch(text.replace(REFERENCE, ''), /&/, 'a bare ampersand');
    if (name === undefined)
      assert.ok(open.length > 0 || whole.trim() === '' || whole.startsWith('<?'), 'text outside of the root');
    else if (closing === '/') assert.equal(open.pop(), name);
    else if (isEmpty === '') open.push(name);
  }
  assert.equal(end, xml.length);
  assert.deepEqual(open, []);
}

test('the checker itself finds what is not well-formed', () => {
  for (const bad of ['<a>', '<a></b>', '<a>&</a>', '<a b="<"/>', '<a>\u0001</a>', '<1/>', 'x', '<a b=c/>']) {
    assert.throws(() => checkWellFormed(bad), assert.AssertionError, bad);
  }
  checkWellFormed('<a b="&lt;">x &amp; y<c/></a>');
});

test('XML has an element a key, and frames in order', () => {
  const xml = renderXml(sampleReport());
  checkWellFormed(xml);
  const [stack = ''] = /<stack>[^]*?<\/stack>/.exec(xml) ?? [];
  const names = [...stack.matchAll(/<function>(.*?)<\/function>/g)].map((match) => match[1]);
  assert.deepEqual(names.slice(0, 3), ['renderTable', 'layoutPage', 'onJob']);
  assert.match(xml, /<vendor nil="true"\/>\n\s+<product>billing-api<\/product>/);
  assert.match(xml, /<source>while \(y &lt; page\.bottom\) \{<\/source>/);
});

test('what XML cannot hold is written as text, what a terminal would obey as a reference', () => {
  assert.equal(escapeXml('\u0001\u0000\ud800\uffff'), String.raw`\u0001\u0000\ud800\uffff`);
  assert.equal(escapeXml('a\r\n\tb\u009b\u202e'), 'a&#xd;&#xa;&#x9;b&#x9b;&#x202e;');
  assert.equal(escapeXml('<&>"\' 😀 é'), '&lt;&amp;&gt;&quot;&apos; 😀 é');
});

test('a key that is no XML name becomes an entry', () => {
  const report = sampleReport();
  report.configuration = { '1 <odd> "key"': 1, xmlish: 2, 'ns:name': 3, entry: 4, plain: [] };
  const xml = renderXml(report);
  checkWellFormed(xml);
  assert.match(xml, /<entry key="1 &lt;odd&gt; &quot;key&quot;">1<\/entry>/);
  for (const key of ['xmlish', 'ns:name', 'entry']) assert.ok(xml.includes(`<entry key="${key}">`), key);
  assert.match(xml, /<plain\/>/);
});

test('sections that are left out have no element', () => {
  const xml = renderXml(sampleReport(), { sections: ['-threads'] });
  checkWellFormed(xml);
  assert.doesNotMatch(xml, /<threads/);
  assert.match(xml, /<tasks>/);
});

test('XML is well-formed whatever the report says', { timeout: 60_000 }, () => {
  check(
    property(hostileText, string({ unit: 'binary' }), (before, after) => {
      const report: Report = withTexts(sampleReport(), (old) => before + old + after);
      checkWellFormed(renderXml(report));
    }),
    { numRuns: 150 },
  );
});
