/** A program whose tasks are all known gives exactly those groups, wherever it runs and whatever its thread does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Frame, Report, TaskGroup } from '../../src/report/types.js';
import { assertQuiet, FIXTURES, spawnFixture, type Fixture } from '../harness/spawn.js';

const PROGRAM = join(FIXTURES, 'program.cjs');
const LINES = readFileSync(PROGRAM, 'utf8').split('\n');

/** How far an age may be from the program's own clock: marks of the time are as far apart as late heartbeats. */
const AGE_OFF_MS = 1000;

/** What the program says of itself. */
interface Told {
  born: Record<'charge' | 'chains' | 'interval' | 'late', { from: number; to: number }>;
  collected: number;
}

/** `name:line:column` of `at` in the one line of the program that has `text`. */
function place(name: string, text: string, at: string): string {
  const found = LINES.flatMap((line, index) => (line.includes(text) ? [index] : []));
  assert.equal(found.length, 1, `lines of the program with ${text}`);
  const [index = 0] = found;
  return `${name}:${index + 1}:${(LINES[index] ?? '').indexOf(at) + 1}`;
}

const QUERY = place('query', 'await never(); // query', 'await');
const LOAD_BOTH = place('loadBoth', 'await Promise.all', 'await');
const NODES_OWN = ['WORKER', 'PIPEWRAP', 'PIPEWRAP'];

/** Innermost place first; of a handle the innermost place of the program. */
const AWAITS = {
  charge: `500 await ${place('charge', 'await never(); // charge', 'await')}`,
  orders: `3 await ${QUERY} < ${place('putOrder', 'await query(); // putOrder', 'await')}`,
  user: `1 await ${QUERY} < ${place('findUser', 'const rows = await query()', 'await')} < ${place('getUser', 'return await findUser()', 'await')}`,
  pages: `1 await ${place('pages', 'await never(); // pages', 'await')} < ${place('exportPages', 'for await', 'page of')}`,
  first: `1 await ${QUERY} < Promise.all #0 < ${LOAD_BOTH}`,
  second: `1 await Promise.all #1 < ${LOAD_BOTH}`,
};
const HANDLES = {
  interval: `1 Timeout ${place('<anonymous>', "noting('interval'", 'setInterval')}`,
  server: `1 TCPSERVERWRAP ${place('openServer', 'net.createServer(', 'listen(0')}`,
  client: `1 TCPWRAP ${place('openClient', 'net.connect(', 'connect(')}`,
  accepted: '1 TCPWRAP of TCPSERVERWRAP',
  child: `1 PROCESSWRAP ${place('startChild', 'spawn(process.execPath', 'spawn(')}`,
};
const SPINNING = `1 Timeout ${place('<anonymous>', 'setTimeout(spin', 'setTimeout')} its callback is running`;

function show(frame: Frame): string {
  return frame.line === null ? frame.kind : `${frame.function}:${frame.line}:${frame.column}`;
}

function describeGroup(group: TaskGroup): string {
  const made = group.createdAt.filter(({ file }) => file === PROGRAM).slice(0, 1);
  const stack = [...group.awaitStack, ...made].map(show).join(' < ');
  const parent = stack === '' ? `of ${group.parent.join(' < ')}` : '';
  return [group.count, group.type, stack, parent, group.note].filter((part) => part !== '' && part !== null).join(' ');
}

/** A report whose places were all read: on a machine that has other work their time may run out, and the report says so. */
async function wholeReport(fixture: Fixture): Promise<Report> {
  for (let attempt = 1; ; attempt++) {
    fixture.signal('SIGUSR2');
    const report = await fixture.report();
    const isCut = report.report.notRead.some(({ why }) => why.includes('limit of 100 ms'));
    if (!isCut || attempt === 5) return report;
  }
}

/** Runs the program, lets a hang last, and takes a report by signal. */
async function reportOf(where: string): Promise<{ report: Report; told: Told }> {
  const fixture = spawnFixture(PROGRAM, {
    args: [where],
    execArgv: ['--expose-gc'],
    env: { GMR_FORMAT: 'json' },
    timeoutMs: 30_000,
  });
  try {
    await fixture.ready();
    await delay(1300);
    const report = await wholeReport(fixture);
    assertQuiet(fixture.stderr);
    return { report, told: JSON.parse(await fixture.line(/^\{"born"/)) as Told };
  } finally {
    await fixture.stop();
  }
}

/** Ages at the time the thread answered, which lies within the report's own duration. */
function assertAge(report: Report, ageMs: number | undefined, born: { from: number; to: number }): void {
  const requested = Date.parse(report.report.requestedAt);
  const least = requested - born.to - AGE_OFF_MS;
  const most = requested + report.report.durationMs - born.from + AGE_OFF_MS;
  assert.ok(ageMs !== undefined && ageMs >= least && ageMs <= most, `${ageMs} is not in ${least} .. ${most}`);
}

function assertAges(report: Report, groups: ReadonlyMap<string, TaskGroup>, { born }: Told): void {
  for (const [text, { ageMs }] of groups)
    assert.ok(ageMs !== null && ageMs.min <= ageMs.median && ageMs.median <= ageMs.max, text);
  const age = (text: string): TaskGroup['ageMs'] => groups.get(text)?.ageMs ?? null;
  assertAge(report, age(AWAITS.charge)?.max, born.charge);
  assertAge(report, age(AWAITS.charge)?.median, born.charge);
  assertAge(report, age(AWAITS.charge)?.min, born.late);
  for (const chain of [AWAITS.orders, AWAITS.user, AWAITS.pages, AWAITS.first, AWAITS.second])
    for (const ageMs of [age(chain)?.min, age(chain)?.max]) assertAge(report, ageMs, born.chains);
  assertAge(report, age(HANDLES.interval)?.max, born.interval);
  const order = [HANDLES.interval, HANDLES.server, HANDLES.client, HANDLES.accepted, HANDLES.child];
  const ages = order.map((text) => age(text)?.max ?? -1);
  assert.deepEqual(
    ages,
    [...ages].sort((one, other) => other - one),
    'in the order of their making',
  );
}

describe('a program with waiting requests, chains, handles and forgotten promises gives exactly its groups', () => {
  for (const [where, threadId] of [
    ['main', 0],
    ['worker', 2],
    ['worker:spin', 2],
    ['main:spin', 0],
  ] as const) {
    test(where, { timeout: 60_000 }, async () => {
      const { report, told } = await reportOf(where);
      const isOfProgram = ({ threadIds }: TaskGroup): boolean => threadIds.length === 1 && threadIds[0] === threadId;
      const groups = report.tasks.groups.filter(isOfProgram);
      const expected = [...Object.values(AWAITS), ...Object.values(HANDLES)];
      if (where.endsWith('spin')) expected.push(SPINNING);
      assert.deepEqual(groups.map(describeGroup).sort(), expected.sort());
      assertAges(report, new Map(groups.map((group) => [describeGroup(group), group])), told);
      for (const group of groups) assert.equal(group.keepsAlive, group.type !== 'await', describeGroup(group));

      // A worker, and the standard streams of its parent, which Node opens for it and which hold nothing open.
      const others = report.tasks.groups.filter((group) => !isOfProgram(group));
      const ofParent = threadId === 0 ? [] : NODES_OWN;
      assert.deepEqual(
        others.flatMap(({ type, count }) => Array<string>(count).fill(type)).sort(),
        [...ofParent].sort(),
      );
      for (const { type, keepsAlive } of others) assert.equal(keepsAlive, type === 'WORKER');

      assert.deepEqual([told.collected, report.tasks.collectedUnsettled], [7, 7]);
      assert.deepEqual(report.report.notRead, []);
    });
  }
});
