import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, constantFrom, integer, property, record, uniqueArray } from 'fast-check';
import { diffReports, isStuckInBoth } from '../../src/report/diff.js';
import { growingGroups } from '../../src/report/series.js';
import type { Report, TaskGroup } from '../../src/report/types.js';
import { at, group, sampleReport, thread } from './sample.js';

const BOUND = { timeout: 60_000 };
const BETWEEN_MS = 3000;

/** The same process, looked at some seconds later; what else differs is up to `change`. */
function later(report: Report, change: (report: Report) => void = () => {}, ms = BETWEEN_MS): Report {
  const copy = structuredClone(report);
  copy.report.id = `${copy.report.id}+${ms}`;
  copy.report.requestedAt = new Date(Date.parse(report.report.requestedAt) + ms).toISOString();
  copy.process.uptimeMs += ms;
  for (const one of copy.threads) if (one.blockedForMs !== null) one.blockedForMs += ms;
  for (const { ageMs } of copy.tasks.groups) if (ageMs !== null) ageMs.max += ms;
  change(copy);
  return copy;
}

function withGroups(groups: TaskGroup[]): Report {
  const report = sampleReport();
  report.tasks.groups = groups;
  report.tasks.pending = groups.reduce((sum, { count }) => sum + count, 0);
  return report;
}

/** What a process's tasks have become some seconds later, by what is said of each place. */
function kinds(before: Report, after: Report): string[] {
  const diff = diffReports(
    before,
    later(after, ({ report }) => (report.id = 'other')),
  );
  return diff.tasks.groups.map(({ kind }) => kind);
}

/** What only grew over a series, and how many there were each time. */
function grown(...reports: Report[]): [string, number[]][] {
  const series = reports.map((report, index) => later(report, () => {}, index * BETWEEN_MS));
  return growingGroups(series).map(({ type, counts }) => [type, counts]);
}

const anyGroups = uniqueArray(
  record({
    type: constantFrom('await', 'Timeout', 'Piscina.Task', 'TCPWRAP'),
    count: integer({ min: 1, max: 1000 }),
    line: integer({ min: 1, max: 5 }),
    tenant: constantFrom('1', '2'),
    max: integer({ min: 0, max: 100_000 }),
  }),
  { maxLength: 12, selector: ({ type, line, tenant }) => `${type} ${line} ${tenant}` },
).map((items) =>
  items.map(({ type, count, line, tenant, max }, index) =>
    group(`g${index}`, {
      type,
      count,
      awaitStack: [at('waits', 'src/a.ts', line)],
      labels: { tenant },
      ageMs: { min: 0, median: 0, max },
    }),
  ),
);

test('a report has no difference to itself', BOUND, () => {
  check(
    property(anyGroups, (groups) => {
      const report = withGroups(groups);
      const diff = diffReports(report, structuredClone(report));
      assert.equal(diff.subject, 'same-report');
      assert.deepEqual(diff.tasks.groups, []);
      assert.deepEqual(diff.pools, []);
      assert.deepEqual([diff.verdicts.new, diff.verdicts.gone], [[], []]);
      assert.deepEqual(Object.values(diff.threads).flat(), []);
      assert.equal(isStuckInBoth(diff), false);
    }),
  );
});

test('what is new one way is gone the other way, and every task is counted once', BOUND, () => {
  check(
    property(anyGroups, anyGroups, (one, other) => {
      const [before, after] = [withGroups(one), withGroups(other)];
      // Another process, so that the order given is kept.
      after.process.pid += 1;
      const there = diffReports(before, after).tasks;
      const back = diffReports(after, before).tasks;
      const counts = (kind: string, tasks: typeof there): string[] =>
        tasks.groups
          .filter((change) => change.kind === kind)
          .map(({ type, frame, labels, ...rest }) =>
            JSON.stringify([type, frame?.line, labels, rest.before + rest.after]),
          )
          .sort();
      assert.deepEqual(counts('new', there), counts('gone', back));
      assert.deepEqual(
        there.groups.filter(({ kind }) => kind === 'grown').length,
        back.groups.filter(({ kind }) => kind === 'shrunk').length,
      );
      const growth = there.groups.reduce((sum, change) => sum + change.after - change.before, 0);
      assert.equal(growth, after.tasks.pending - before.tasks.pending);
    }),
  );
});

test('a thread with the same stack in both that has not turned is stuck, and its queue has grown', () => {
  const before = sampleReport();
  const diff = diffReports(
    before,
    later(before, ({ pools }) => {
      for (const pool of pools) pool.queued += 18;
    }),
  );
  assert.equal(diff.subject, 'same-process');
  assert.equal(diff.betweenMs, BETWEEN_MS);
  const [stuck, ...others] = diff.threads.stuck;
  assert.equal(others.length, 0);
  assert.equal(stuck?.threadId, 3);
  assert.equal(stuck.place, 'same-stack');
  assert.equal(stuck.isSameHang, true);
  assert.equal(stuck.frame?.function, 'renderTable');
  assert.equal(isStuckInBoth(diff), true);
  assert.deepEqual(diff.pools[0]?.queued, { before: 512, after: 530 });
});

test('a thread that hangs elsewhere, after its loop turned, is said to move', () => {
  const before = sampleReport();
  const diff = diffReports(
    before,
    later(before, ({ threads }) => {
      const hung = threads.find(({ threadId }) => threadId === 3);
      if (hung === undefined) return;
      hung.blockedForMs = 1500;
      hung.stack = [at('printPdf', 'src/pdf/print.ts', 7)];
    }),
  );
  const [stuck] = diff.threads.stuck;
  assert.equal(stuck?.place, 'another-place');
  assert.equal(stuck.isSameHang, false);
  assert.equal(stuck.frame?.function, 'printPdf');
  assert.equal(stuck.frameBefore?.function, 'renderTable');
});

test('a thread that spun, has not turned since and now gets no CPU is still stuck; one whose loop turned is not', () => {
  const before = sampleReport();
  const starved = (blockedForMs: number): number[] =>
    diffReports(
      before,
      later(before, ({ threads, verdicts }) => {
        for (const verdict of verdicts) if (verdict.threadId === 3) verdict.code = 'cpu-throttled';
        Object.assign(threads.find(({ threadId }) => threadId === 3) ?? {}, { state: 'throttled', blockedForMs });
      }),
    ).threads.stuck.map(({ threadId }) => threadId);
  assert.deepEqual(starved(44_000), [3]);
  assert.deepEqual(starved(1200), []);
});

test('a loop that is interrupted in another column of its line has not moved; in another line it is the same function', () => {
  const before = sampleReport();
  const moved = (change: { line?: number; column?: number }): string | undefined =>
    diffReports(
      before,
      later(before, ({ threads }) => {
        const hung = threads.find(({ threadId }) => threadId === 3);
        Object.assign(hung?.stack[0] ?? {}, change);
      }),
    ).threads.stuck[0]?.place;
  assert.equal(moved({ column: 77 }), 'same-stack');
  assert.equal(moved({ line: 119 }), 'same-function');
});

test('a thread that got free, one that hangs now, one that came and one that went are told apart', () => {
  const before = sampleReport();
  before.threads.push(thread(8));
  const spinning = { state: 'spinning', blockedForMs: 2000, stack: [at('spin', 'src/b.ts', 1)] } as const;
  const diff = diffReports(
    before,
    later(before, (after) => {
      after.verdicts = [];
      after.threads = [
        thread(0, { ...spinning, stack: [...spinning.stack] }),
        thread(3),
        thread(9),
        ...after.threads.slice(1, 4).filter(({ threadId }) => threadId !== 3 && threadId !== 0),
      ];
    }),
  );
  assert.deepEqual(
    diff.threads.newlyStuck.map(({ threadId }) => threadId),
    [0],
  );
  assert.deepEqual(
    diff.threads.freed.map(({ threadId }) => threadId),
    [3],
  );
  assert.deepEqual(
    diff.threads.new.map(({ threadId }) => threadId),
    [9],
  );
  assert.ok(diff.threads.gone.some(({ threadId }) => threadId === 8));
  assert.equal(isStuckInBoth(diff), false);
});

test('a group whose oldest task was there before is older; a server is not', () => {
  const before = withGroups([
    group('g1', { awaitStack: [at('waits', 'src/a.ts', 1)], ageMs: { min: 500, median: 500, max: 500 } }),
    group('g2', { type: 'TCPSERVERWRAP', createdAt: [at('listen', 'src/a.ts', 2)] }),
    group('g3', { awaitStack: [at('quick', 'src/a.ts', 3)] }),
  ]);
  const diff = diffReports(
    before,
    later(before, ({ tasks }) => {
      const [, , quick] = tasks.groups;
      if (quick !== undefined) quick.ageMs = { min: 1, median: 1, max: 1 };
    }),
  );
  assert.deepEqual(
    diff.tasks.groups.map(({ kind, frame }) => [kind, frame?.function]),
    [['older', 'waits']],
  );
  assert.equal(diff.tasks.unchanged, 2);
});

test('reports of one process may come in any order, and the order is said', () => {
  const before = sampleReport();
  const diff = diffReports(later(before), before);
  assert.equal(diff.before.id, before.report.id);
  assert.ok(diff.notes.some((note) => note.includes('given first')));
});

test('two services, two processes and a pid used again are said, and compared by place', () => {
  const before = sampleReport();
  const other = later(before, ({ process, threads }) => {
    process.serviceName = 'search';
    process.pid = 17;
    for (const one of threads) if (one.threadId === 3) one.threadId = 5;
  });
  for (const verdict of other.verdicts) if (verdict.threadId === 3) verdict.threadId = 5;
  const services = diffReports(before, other);
  assert.equal(services.subject, 'other-service');
  assert.match(services.notes.join('\n'), /Two different services: billing-api .* and search/);
  assert.deepEqual(
    services.threads.stuck.map(({ threadId, threadIdBefore, place }) => [threadId, threadIdBefore, place]),
    [[5, 3, 'same-stack']],
  );
  assert.deepEqual([services.threads.new, services.threads.gone], [[], []]);
  const restarted = later(before, ({ process }) => (process.uptimeMs = 100), 60_000);
  const processes = diffReports(before, restarted);
  assert.equal(processes.subject, 'other-process');
  assert.match(processes.notes.join('\n'), /same id, one started after the other/);
});

test('verdicts are new, gone or continuing, whatever their figures', () => {
  const before = sampleReport();
  const [worst] = before.verdicts;
  const after = later(before, (report) => {
    report.verdicts = report.verdicts.slice(0, 1);
    for (const verdict of report.verdicts) verdict.forMs = 99_000;
    report.verdicts.push({
      ...structuredClone(report.verdicts[0] ?? before.verdicts[0]!),
      code: 'cpu-throttled',
      threadId: null,
    });
  });
  const { verdicts } = diffReports(before, after);
  assert.deepEqual(
    verdicts.continuing.map(({ code, forMs }) => [code, forMs]),
    [[worst?.code, 99_000]],
  );
  assert.deepEqual(
    verdicts.new.map(({ code }) => code),
    ['cpu-throttled'],
  );
  assert.equal(verdicts.gone.length, before.verdicts.length - 1);
});

test('a group that has more in every report only grows; one that breathes does not, and two reports prove nothing', () => {
  const counts = [
    [10, 13, 20],
    [10, 30, 20],
    [0, 5, 6],
    [5, 5, 6],
  ];
  const reports = [0, 1, 2].map((index) =>
    later(
      withGroups(
        counts.flatMap((series, line) =>
          series[index] === 0
            ? []
            : [group(`g${line}`, { count: series[index] ?? 0, awaitStack: [at('waits', 'src/a.ts', line + 1)] })],
        ),
      ),
      () => {},
      index * BETWEEN_MS,
    ),
  );
  assert.deepEqual(
    growingGroups(reports).map(({ counts: seen, frame }) => [frame?.line, seen]),
    [
      [1, [10, 13, 20]],
      [3, [0, 5, 6]],
    ],
  );
  assert.deepEqual(growingGroups(reports.slice(0, 2)), []);
  const [first, ...rest] = reports;
  if (first !== undefined) first.tasks.groupsElided = 1;
  assert.deepEqual(
    growingGroups(first === undefined ? [] : [first, ...rest]).map(({ frame }) => frame?.line),
    [1],
  );
});

test('tasks that a report could not read are not said to be gone, and it is said which', () => {
  const before = sampleReport();
  const unread = later(before, ({ report, tasks, verdicts }) => {
    report.notRead.push({ threadId: 0, what: 'tasks', why: 'its tasks were not all read at the deadline' });
    Object.assign(tasks, { mode: 'off', groups: [], pending: 0 });
    verdicts.splice(0, verdicts.length, ...verdicts.filter(({ code }) => !code.startsWith('task-')));
  });
  const diff = diffReports(before, unread);
  assert.deepEqual(diff.tasks.groups, []);
  assert.deepEqual(
    diff.verdicts.gone.filter(({ code }) => code.startsWith('task-')),
    [],
  );
  assert.match(diff.notes.join('\n'), /could not read the tasks of every thread; not compared are those of: .*main/);
  assert.deepEqual(growingGroups([before, unread, later(before, () => {}, 9000)]), []);
});

test('promises whose place was not read explain growth: what they cannot explain is growth', () => {
  const place = at('waits', 'src/a.ts', 1);
  const counts = (placed: number, placeless: number): Report =>
    withGroups([
      group('g1', { count: placed, awaitStack: [place] }),
      ...(placeless === 0 ? [] : [group('g2', { type: 'PROMISE', count: placeless })]),
    ]);
  assert.deepEqual(kinds(counts(128, 430), counts(445, 0)), ['older', 'shrunk']);
  assert.deepEqual(kinds(counts(128, 430), counts(600, 0)), ['grown', 'grown']);
  assert.deepEqual(kinds(counts(445, 0), counts(128, 317)), ['older']);
  assert.deepEqual(kinds(counts(2000, 8000), counts(2000, 8500)), ['grown', 'older']);
  assert.deepEqual(kinds(counts(445, 0), counts(128, 100)), ['shrunk', 'shrunk']);
  assert.deepEqual(grown(counts(10, 5), counts(14, 0), counts(20, 0)), []);
  assert.deepEqual(grown(counts(10, 5), counts(14, 4), counts(10, 20)), [['promise', [15, 18, 30]]]);
});
