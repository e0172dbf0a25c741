/** A whole service: all base sections and both failed ones in every view, by signal and by file, healthy and hung. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '../../src/report/types.js';
import { untilInstalled } from '../harness/installed.js';
import { assertValid } from '../harness/schema.js';
import { assertQuiet, spawnFixture, type Fixture } from '../harness/spawn.js';

const BASE = ['Package', 'Threads', 'Green Threads', 'Processes', 'Configuration'];
const EXTENSIONS = ['txt', 'json', 'xml', 'summary.json'] as const;
const BOUND_MS = 20_000;

type Views = Record<(typeof EXTENSIONS)[number], string>;

/** The files of the one report in `logDir`, once all are there. */
async function viewsIn(logDir: string): Promise<Views> {
  const whole = (): string[] => readdirSync(logDir).filter((name) => !name.startsWith('.'));
  const end = performance.now() + BOUND_MS;
  while (whole().length < EXTENSIONS.length) {
    assert.ok(performance.now() < end, `no report: ${String(whole())}`);
    await delay(10);
  }
  const stem = whole()[0]?.split('.')[0] ?? '';
  assert.match(stem, /^billing-api_gurumeditation_\d{14}_/);
  const read = (extension: string): [string, string] => {
    const path = join(logDir, `${stem}.${extension}`);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    return [extension, readFileSync(path, 'utf8')];
  };
  return Object.fromEntries(EXTENSIONS.map(read)) as Views;
}

function assertText(text: string, failures: RegExp[]): void {
  const titles = [...text.matchAll(/^==== {2,}(\S.*?) {2,}====$/gm)].map((match) => match[1] ?? '');
  for (const title of [...BASE, 'Hanging', 'Throwing'])
    assert.ok(titles.includes(title), `${title} in ${titles.join()}`);
  for (const title of BASE) assert.ok(titles.indexOf(title) < titles.indexOf('Hanging'), title);
  assert.ok(titles.indexOf('Hanging') < titles.indexOf('Throwing'));
  for (const failure of failures) assert.match(text.replaceAll(/\s+/g, ' '), failure);
  assert.match(text, /phrase = \*\*\*/);
  assert.match(text, /^database\.host: Its host$/m);
}

function assertJson(json: string, failures: RegExp[], leader: string): void {
  const report = JSON.parse(json) as Report;
  assertValid(report);
  assert.equal(report.report.collectedBy, leader);
  assert.deepEqual(report.package, { vendor: null, product: 'guru-meditation', version: '1.2.3' });
  assert.equal(report.threads.length, 2);
  assert.ok(report.threads.every(({ readBy }) => readBy !== 'none'));
  assert.ok(report.tasks.groups.some(({ type }) => type === 'Timeout'));
  assert.equal(report.processes[0]?.instrumented, true);
  assert.deepEqual(report.configuration['database'], { host: 'db1', phrase: '***' });
  assert.deepEqual(report.configuration['default'], { port: 8080 });
  const docs = { port: 'The port', 'database.host': 'Its host', 'database.phrase': 'What it asks for' };
  assert.deepEqual(report.configurationDocs, docs);
  assert.deepEqual(Object.keys(report.configuration).sort(), ['database', 'default', 'guru-meditation', 'node']);
  assert.deepEqual(
    report.sections.map(({ title, data }) => [title, data]),
    [
      ['Hanging', null],
      ['Throwing', null],
    ],
  );
  for (const [index, failure] of failures.entries()) assert.match(report.sections[index]?.error ?? '', failure);
}

function assertXml(xml: string, failures: RegExp[]): void {
  for (const name of ['package', 'threads', 'tasks', 'processes', 'configuration', 'sections'])
    assert.match(xml, new RegExp(`^  <${name}>$`, 'm'));
  for (const title of ['Hanging', 'Throwing']) assert.ok(xml.includes(`<title>${title}</title>`));
  for (const failure of failures) assert.match(xml, failure);
}

function assertSummary(line: string, failures: RegExp[]): void {
  assert.ok(Buffer.byteLength(line) < 8192 && /^\{.*\}\n$/.test(line), line);
  const { service, counts, sectionsFailed } = JSON.parse(line) as {
    service: string;
    counts: Record<string, number>;
    sectionsFailed: { title: string; error: string }[];
  };
  assert.equal(service, 'billing-api');
  const { threads, tasksPending, processes, configurationGroups, sections } = counts;
  assert.deepEqual([threads, processes, configurationGroups, sections], [2, 1, 4, 2]);
  assert.ok((tasksPending ?? 0) > 0);
  assert.deepEqual(
    sectionsFailed.map(({ title }) => title),
    ['Hanging', 'Throwing'],
  );
  for (const [index, failure] of failures.entries()) assert.match(sectionsFailed[index]?.error ?? '', failure);
}

async function assertReported(fixture: Fixture, logDir: string, main: 'healthy' | 'hung'): Promise<void> {
  const views = await viewsIn(logDir);
  const notRun = /not run: main does not turn its loop/;
  const failures = main === 'hung' ? [notRun, notRun] : [/did not settle/, /thrown later/];
  assertText(views.txt, failures);
  assertJson(views.json, failures, main === 'hung' ? 'sentinel' : 'main');
  assertXml(views.xml, failures);
  assertSummary(views['summary.json'], failures);
  for (const view of Object.values(views)) assert.ok(!view.includes('hunter2'));
  assert.equal(fixture.process.exitCode, null);
  assertQuiet(fixture.stderr);
  assert.equal(fixture.stderr, '');
}

for (const main of ['healthy', 'hung'] as const) {
  for (const trigger of ['signal', 'file'] as const) {
    test(`every view has every section, by ${trigger}, with main ${main}`, { timeout: 60_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'gmr-service-'));
      const logDir = mkdtempSync(join(folder, 'log-'));
      const touched = join(folder, 'touch-me');
      const fixture = spawnFixture('service.mjs', {
        args: [main],
        timeoutMs: BOUND_MS,
        env: {
          GMR_LOG_DIR: logDir,
          GMR_FORMAT: 'text,json,xml,summary',
          GMR_FILE_EVENT_HANDLER: touched,
          GMR_FILE_EVENT_HANDLER_INTERVAL_MS: '50',
          // A healthy main that is slow to be scheduled leads all the same.
          GMR_GRACE_MS: main === 'healthy' ? '900' : '50',
        },
      });
      try {
        await fixture.ready();
        await untilInstalled(fixture);
        if (trigger === 'signal') fixture.signal('SIGUSR2');
        else writeFileSync(touched, '');
        await assertReported(fixture, logDir, main);
      } finally {
        await fixture.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
}
