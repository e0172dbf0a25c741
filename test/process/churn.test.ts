/** Workers die in every way while reports are taken of them: nothing crashes, and each of them is gone in the end. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '../../src/report/types.js';
import { ROOT, spawnFixture, type Fixture } from '../harness/spawn.js';

const folder = mkdtempSync(join(tmpdir(), 'gmr-churn-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Rounds of one death each; the eleven ways take turns. */
const DEATHS = 200;
const TERMINATED = Array.from({ length: DEATHS }, (_, index) => index % 11).filter(
  (way) => way >= 5 && way <= 10,
).length;
/** A bound on a hang. */
const LONGEST_MS = 60_000;

/** The file of a report is there a moment before the report is over. */
const BUSY = /^guru-meditation: SIGUSR2 came while a report was being taken, which answers it too .*\n/;

interface Gone {
  exited: number;
  terminated: number;
  threw: number;
  reports: number;
}

async function goneOf(fixture: Fixture): Promise<Gone> {
  assert.deepEqual(await fixture.exited(), { code: 0, signal: null }, `${fixture.stdout}\n${fixture.stderr}`);
  assert.equal(fixture.stderr.replace(BUSY, ''), '');
  const gone = JSON.parse(fixture.stdout.replace('ready\n', '')) as Gone;
  assert.equal(gone.exited, DEATHS);
  assert.equal(gone.terminated, TERMINATED);
  return gone;
}

function isEnded({ process }: Fixture): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}

/** Asks for the next report when the last one is there: one that comes too early would be answered by the last. */
async function reportAgainAndAgain(fixture: Fixture, logDir: string): Promise<string[]> {
  const reports = (): string[] => readdirSync(logDir).filter((name) => name.endsWith('.json'));
  while (!isEnded(fixture)) {
    const before = reports().length;
    fixture.signal('SIGUSR2');
    while (!isEnded(fixture) && reports().length === before) await delay(5);
    await delay(20);
  }
  return reports().map((name) => join(logDir, name));
}

test('200 rounds of workers dying while reports are taken by signal', { timeout: 90_000 }, async () => {
  const env = { GMR_LOG_DIR: folder, GMR_FORMAT: 'json', GMR_KEEP: '10000' };
  const fixture = spawnFixture('churn.cjs', { args: [String(DEATHS)], env, timeoutMs: LONGEST_MS });
  try {
    await fixture.ready();
    const files = await reportAgainAndAgain(fixture, folder);
    await goneOf(fixture);
    const reports = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report);
    assert.ok(reports.length >= 3, `${reports.length} reports`);
    assert.ok(reports.every((report) => report.threads.some((thread) => thread.threadId === 0)));
  } finally {
    await fixture.stop();
  }
});

test('200 rounds of workers dying while reports are taken back to back by the API', { timeout: 90_000 }, async () => {
  const args = [String(DEATHS), join(ROOT, 'dist/index.js')];
  const fixture = spawnFixture('churn.cjs', { args, execArgv: ['--no-warnings'], timeoutMs: LONGEST_MS });
  try {
    const gone = await goneOf(fixture);
    assert.ok(gone.reports >= 3, `${gone.reports} reports`);
  } finally {
    await fixture.stop();
  }
});

test(
  'workers that are terminated just while a report asks them something end, and the process lives',
  {
    timeout: 90_000,
  },
  async () => {
    const env = { GMR_LOG_DIR: folder, GMR_FORMAT: 'json', GMR_KEEP: '10000' };
    const fixture = spawnFixture('terminatedWhileAsked.cjs', { args: ['8'], env, timeoutMs: LONGEST_MS });
    try {
      assert.deepEqual(await fixture.exited(), { code: 0, signal: null }, fixture.stderr);
      assert.equal(fixture.stdout, 'all ended\n');
    } finally {
      await fixture.stop();
    }
  },
);

test('workers that end while they introduce themselves take nothing along', { timeout: 90_000 }, async () => {
  const fixture = spawnFixture('endsAtOnce.cjs', { args: ['120'], timeoutMs: LONGEST_MS });
  try {
    assert.deepEqual(await fixture.exited(), { code: 0, signal: null }, fixture.stderr);
    assert.equal(fixture.stdout, 'all ended\n');
    assert.equal(fixture.stderr, '');
  } finally {
    await fixture.stop();
  }
});
