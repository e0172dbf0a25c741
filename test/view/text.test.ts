import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Report, Verdict } from '../../src/report/types.js';
import { renderText } from '../../src/view/text.js';
import { at, group, nodeFrame, packageFrame, sampleReport, thread } from '../report/sample.js';

const SCREEN = 24;

/** The report's first words: what stands before the first section. */
function firstScreen(text: string): string[] {
  return text
    .slice(0, text.search(/^={72}$/m))
    .trimEnd()
    .split('\n');
}

function section(text: string, title: string): string {
  const parts = text.split(/^={72}\n====\s+(.+?)\s+====\n={72}$/m);
  const index = parts.indexOf(title);
  return index === -1 ? '' : (parts[index + 1] ?? '');
}

function titles(sections: string[]): string[] {
  const text = renderText(sampleReport(), { sections });
  return [...text.matchAll(/^==== {2,}(.+?) {2,}====$/gm)].map((match) => match[1] ?? '');
}

/** The sample with nothing wrong in it. */
function calmReport(): Report {
  const report = sampleReport();
  report.verdicts = [];
  report.threads = [
    thread(0),
    ...[1, 2, 3, 4].map((id) => thread(id, { pool: 'pdf-render', stack: [at('wait', 'src/x.ts', 1)] })),
  ];
  return report;
}

test('the text of a report with a hung pool worker is, to the letter, what a person on call reads', () => {
  assert.equal(renderText(sampleReport()), readFileSync('test/view/text.snapshot.txt', 'utf8'));
});

test('a report without verdicts says so, with the longest wait and what was read', () => {
  const text = renderText(calmReport());
  assert.match(
    text,
    /^Nothing looks stuck\. Longest wait: 41\.1 s, 512 x await at\nrender {2}src\/pool\.ts:71; read 5 of 5 threads\.$/m,
  );
  assert.match(text, /^FINE {3}main \(turned its loop 2 ms ago\), workers 1-4 \(idle\)$/m);
  assert.match(text, /\n-- end k3f9-1: nothing looks stuck --\n$/);
  assert.doesNotMatch(text, /STUCK|WAITS|NEXT|UNREAD/);
});

test('what could not be read is never called healthy', () => {
  const report = calmReport();
  report.threads[4] = thread(4, { readBy: 'none', state: 'unknown', answerMs: null });
  report.report.complete = false;
  report.report.notRead = [{ threadId: 4, what: 'stack', why: 'it ended while it was read' }];
  const text = renderText(report);
  assert.match(text, /^4 of 5 threads read/m);
  assert.match(text, /^Nothing that could be read looks stuck\./m);
  assert.match(text, /^UNREAD stack of worker 4, because it ended while it was read$/m);
  assert.match(text, /^not read, because it ended while it was read$/m);
  assert.match(text, /^-- end k3f9-1: nothing that could be read looks stuck, 4 of 5 threads read --$/m);
});

test('a hung main is named, and configuration and sections that could not be read now say so', () => {
  const report = sampleReport();
  const loop = at('main', 'src/server.ts', 9, { source: 'for (;;);' });
  const [spin] = report.verdicts;
  report.report.collectedBy = 'sentinel';
  report.verdicts = [{ ...(spin as Verdict), threadId: 0, frame: loop, forMs: 90_000, evidence: [], next: [] }];
  report.threads = [thread(0, { state: 'spinning', readBy: 'inspector', blockedForMs: 90_000, stack: [loop] })];
  report.report.notRead = [
    { threadId: 0, what: 'configuration', why: 'main does not turn its loop' },
    { threadId: null, what: 'section Switches', why: 'main does not turn its loop' },
  ];
  const text = renderText(report);
  assert.match(text, /^Collected by the sentinel/m);
  assert.match(text, /^STUCK {2}main, for 90 s \(since 03:06:30\)$/m);
  assert.match(text, /^UNREAD configuration, because main does not turn its loop$/m);
  assert.match(
    section(text, 'Configuration'),
    /^\nNot read now, because main does not turn its loop\. What follows was read\nbefore\.\n\ndefault:/,
  );
  assert.match(section(text, 'Not Read'), /section Switches, because main does not turn its loop/);
  assert.match(text, /\n-- end k3f9-1: STUCK main main src\/server\.ts:9 90 s --\n$/);
});

test('a thread in a native call shows why it was not read and what the kernel says of it', () => {
  const report = calmReport();
  report.threads.unshift(
    thread(7, {
      state: 'native-wait',
      readBy: 'kernel',
      blockedForMs: 5000,
      kernel: {
        state: 'S',
        cpuTicks: 0,
        sampleMs: 250,
        waitChannel: 'pipe_read',
        syscall: 'read',
        file: '/run/jobs.fifo',
        onCpuMs: 0,
        runDelayMs: 0,
        contextSwitches: null,
      },
    }),
  );
  report.report.notRead = [{ threadId: 7, what: 'stack', why: 'it is inside a native call' }];
  const block = section(renderText(report), 'Threads');
  assert.match(block, /^------ +Thread 7 {2}native-wait 5 s {2}tid 4255 +------$/m);
  assert.match(block, /^not read, because it is inside a native call$/m);
  assert.match(
    block,
    /^kernel: sleeping \(S\), 0 CPU ticks in 250 ms, in read of \/run\/jobs\.fifo, wait channel pipe_read$/m,
  );
  assert.match(block, /^read by kernel/m);
});

test('256 idle threads are one block, a thread that differs has its own, and all of it is short', () => {
  const report = calmReport();
  report.threads = [
    thread(0),
    ...Array.from({ length: 255 }, (_, index) => thread(index + 1, { stack: [at('wait', 'src/x.ts', 1)] })),
  ];
  report.threads[100] = thread(100, { instrumented: false, name: 'mailer', stack: [at('wait', 'src/x.ts', 1)] });
  report.tasks.groups = [];
  const text = renderText(report);
  assert.match(text, /^------ +Threads 1-99, 101-255 {2}idle +------$/m);
  assert.match(text, /^------ +Thread 100 mailer {2}idle {2}tid 4348 +------$/m);
  assert.match(text, /^not instrumented/m);
  assert.match(text, /^FINE {3}main .*workers 1-255 \(idle\)$/m);
  assert.ok(text.split('\n').length < 95);
});

test('256 threads in 256 places show the stuck ones whole and count the others', () => {
  const report = calmReport();
  report.threads = Array.from({ length: 256 }, (_, id) => thread(id, { stack: [at(`wait${id}`, 'src/x.ts', id)] }));
  report.threads[255] = thread(255, { state: 'spinning', stack: [at('late', 'src/late.ts', 1)] });
  const block = section(renderText(report), 'Threads');
  assert.match(block, /^late {2}src\/late\.ts:1$/m);
  assert.match(block, /^\(156 more threads hidden, all idle or busy\)$/m);
  assert.equal(block.match(/^------/gm)?.length, 100);
  assert.equal(section(renderText(report, { full: true }), 'Threads').match(/^------/gm)?.length, 256);
});

test('of 5,000 groups of tasks the largest, the oldest and the blamed are shown and the others counted', () => {
  const report = sampleReport();
  report.tasks.groups = Array.from({ length: 5000 }, (_, index) =>
    group(`g${index}`, { awaitStack: [at(`task${index}`, 'src/x.ts', index)] }),
  );
  const replace = (index: number, more: Parameters<typeof group>[1]): void => {
    report.tasks.groups[index] = group(`g${index}`, { awaitStack: [at(`task${index}`, 'src/x.ts', index)], ...more });
  };
  replace(4000, { count: 900 });
  replace(4500, { ageMs: { min: 1, median: 2, max: 999_000 } });
  const blamed = at('blamed', 'src/blamed.ts', 3);
  replace(4900, { awaitStack: [blamed] });
  const [, pool] = report.verdicts;
  report.verdicts.push({ ...(pool as Verdict), frame: blamed });
  const block = section(renderText(report), 'Green Threads');
  for (const name of ['task0', 'task4000', 'task4500', 'blamed']) assert.match(block, new RegExp(`^${name}  `, 'm'));
  const shown = block.match(/^------/gm)?.length ?? 0;
  assert.ok(shown < 150, `${shown} groups shown`);
  assert.match(
    block,
    new RegExp(`^\\(${5000 - shown} more groups with ${5000 - shown} tasks hidden, the oldest 300 ms\\)$`, 'm'),
  );
  assert.equal(section(renderText(report, { full: true }), 'Green Threads').match(/^------/gm)?.length, 5000);
});

test('whatever is wrong fits one screen, worst first, and what had no room stands whole below', () => {
  const report = sampleReport();
  const [spin, pool] = report.verdicts;
  report.report.collectedBy = 'sentinel';
  report.report.complete = false;
  report.report.notRead = [5, 6, 7, 8, 9].map((id) => ({
    threadId: id,
    what: `part ${id}`,
    why: 'it is inside a native call that takes its time',
  }));
  report.verdicts = Array.from({ length: 30 }, (_, index) => ({
    ...((index % 2 === 0 ? spin : pool) as Verdict),
    threadId: index % 2 === 0 ? index : null,
    text: `Something ${index} waits for something else that has a rather long name, and then for more.`,
    frame: at(`f${index}`, `src/f${index}.ts`, 1),
    next: [`do ${index} about this, and when that is done look once more at what is left of it`],
  }));
  const text = renderText(report);
  const screen = firstScreen(text);
  assert.ok(screen.length <= SCREEN, `${screen.length} lines`);
  assert.match(screen.join('\n'), /^STUCK {2}main, for 41 s[^]*^MORE {3}\d+ verdicts in the section Verdicts below$/m);
  assert.match(screen.join('\n'), /^ {7}\d+ more in the section Verdicts below$/m);
  const verdicts = section(text, 'Verdicts');
  for (let index = 0; index < 30; index += 1) assert.match(verdicts, new RegExp(`do ${index} about this`));
  assert.equal(section(renderText(report, { full: true }), 'Verdicts'), '', 'with full all of it is on top');
});

/** Every part of the first screen as long as it can be. */
function crowded(severity: Verdict['severity']): Report {
  const report = sampleReport();
  const [spin, pool] = report.verdicts;
  report.report.collectedBy = 'sentinel';
  report.report.complete = false;
  report.threads = Array.from({ length: 240 }, (_, id) =>
    thread(id, {
      role: id > 100 ? 'helper' : 'worker',
      helper: id > 100 ? `helper of kind ${id}` : null,
      state: (['idle', 'busy', 'throttled', 'native-cpu', 'unknown'] as const)[(id * 7) % 5] ?? 'idle',
      phase: (['running', 'starting', 'exiting'] as const)[(id * 5) % 3] ?? 'running',
    }),
  );
  report.report.notRead = report.threads.map((one) => ({
    threadId: one.threadId,
    what: `part ${one.threadId}`,
    why: 'of this '.repeat(40),
  }));
  report.process.container = { cpuQuota: 1, throttledShare: 0.5, memoryCurrent: 1e12, memoryMax: 1e13, oomKills: 12 };
  report.verdicts = [500, 501, 502].flatMap((threadId) => [
    {
      ...(spin as Verdict),
      severity,
      threadId,
      frame: at(`f${threadId}`, `src/${'deep/'.repeat(12)}x.ts`, 1),
      next: ['do this '.repeat(30)],
    },
    {
      ...(pool as Verdict),
      severity,
      text: 'It waits for something. '.repeat(30),
      next: [`do ${threadId} `.repeat(40)],
    },
  ]);
  return report;
}

test('the first screen stays one screen when everything has something to say at once', () => {
  for (const severity of ['critical', 'info'] as const) {
    const screen = firstScreen(renderText(crowded(severity)));
    assert.ok(screen.length <= SCREEN, `${severity}: ${screen.length} lines`);
    assert.match(screen.join('\n'), severity === 'info' ? /^Nothing looks stuck/m : /^STUCK {2}thread 500/m);
    assert.match(screen.join('\n'), /^FINE [^]*\d+ threads? more$/m);
    assert.match(screen.join('\n'), /and \d+ more, in the sections below$/m);
  }
});

test('threads stuck at one place share one verdict and one stack', () => {
  const report = sampleReport();
  const [spin] = report.verdicts;
  const [stuck] = report.threads;
  report.verdicts = [3, 5, 6].map((threadId) => ({ ...(spin as Verdict), threadId, forMs: threadId * 1000 }));
  report.threads = [3, 5, 6].map((threadId) => ({ ...stuck!, threadId }));
  const text = renderText(report);
  assert.match(text, /^STUCK {2}3 threads: workers 3, 5, 6 of pool pdf-render, for up to 6 s$/m);
  assert.equal(text.match(/^layoutPage/gm)?.length, 1);
  assert.equal(text.match(/^\(same 7 frames as thread 3 above\)$/gm)?.length, 2);
});

test('a frame whose place is not sure says so and shows no source line', () => {
  const report = calmReport();
  report.threads = [thread(0, { stack: [at('blur', 'src/x.ts', 3, { sure: false, source: 'wrong line' })] })];
  const text = renderText(report);
  assert.match(text, /^blur {2}src\/x\.ts:3 {2}\(place not sure\)$/m);
  assert.doesNotMatch(text, /wrong line/);
});

test('folding counts what it hides, and full unfolds it', () => {
  const report = calmReport();
  report.threads = [
    thread(0, { stack: [at('own', 'src/x.ts', 1), packageFrame('a', 'fastify', 1), nodeFrame('tick', 1)] }),
  ];
  assert.match(renderText(report), /^\(2 frames hidden: 1 node:, 1 in node_modules: fastify\)$/m);
  const full = renderText(report, { full: true });
  assert.match(full, /^a {2}node_modules\/fastify\/lib\/index\.js:1:5$/m);
  assert.doesNotMatch(full, /frames? hidden/);
});

test('sections are chosen or left out by title, in any case, with or without spaces', () => {
  assert.deepEqual(titles(['threads', 'GREENTHREADS']), ['Threads', 'Green Threads']);
  assert.deepEqual(titles(['Green Threads']), titles(['tasks']));
  assert.deepEqual(titles(['-threads', '-tasks', '-pools', '-switches']), [
    'Package',
    'Processes',
    'Configuration',
    'Cache',
  ]);
  assert.deepEqual(titles(['threads', '-threads']), []);
  assert.match(renderText(sampleReport(), { sections: ['thread'] }), /^\(not in this report: thread\)$/m);
  assert.match(
    renderText(sampleReport(), { sections: ['package'] }),
    /^STUCK {2}worker 3/m,
    'the verdicts are always there',
  );
});

test('a prefix stands in front of every line', () => {
  const lines = renderText(sampleReport(), { linePrefix: '[7] ' }).trimEnd().split('\n');
  assert.ok(lines.every((line) => line.startsWith('[7] ')));
  assert.equal(lines.map((line) => line.slice(4)).join('\n'), renderText(sampleReport()).trimEnd());
});

test('a thread in which tasks pile up is fine itself', () => {
  const report = calmReport();
  const [, pool] = sampleReport().verdicts;
  report.verdicts = [{ ...(pool as Verdict), code: 'task-pileup', threadId: 0, text: '512 tasks wait at render' }];
  const text = renderText(report);
  assert.match(text, /^WAITS {2}512 tasks wait at render$/m);
  assert.match(text, /^FINE {3}main \(/m);
  assert.match(text, /\n-- end k3f9-1: WAITS 512 tasks wait at render --\n$/);
});

test('notes alone are no alarm', () => {
  const report = calmReport();
  const [spin] = sampleReport().verdicts;
  report.verdicts = [{ ...(spin as Verdict), severity: 'info' }];
  const text = renderText(report);
  assert.match(text, /^Nothing looks stuck\.[^]*^NOTE {3}worker 3 of pool pdf-render, for 41 s/m);
  assert.match(text, /^FINE {3}main .* workers 1-4 \(idle\)$/m);
  assert.match(text, /: nothing looks stuck --\n$/);
});

test('what is empty is left out', () => {
  const report = calmReport();
  report.pools = [];
  report.processes = [];
  report.configuration = {};
  report.sections = [];
  report.tasks = { ...report.tasks, pending: 0, collectedUnsettled: 0, groups: [] };
  assert.doesNotMatch(renderText(report), /Pools|Processes|Configuration|Green Threads|Switches/);
  assert.match(renderText(report), /^Nothing looks stuck\. Nothing is pending; read 5 of 5 threads\.$/m);
});

test('a stored report without some of its sections, or with data nested without end, is still printed', () => {
  const { format, formatVersion, report, process, verdicts } = sampleReport();
  const bare = { format, formatVersion, report, process, verdicts } as Report;
  assert.match(renderText(bare), /^-- end k3f9-1: STUCK/m);
  const deep = sampleReport();
  let data: Report['sections'][number]['data'] = 'bottom';
  for (let depth = 0; depth < 20_000; depth += 1) data = { next: data };
  deep.sections = [{ title: 'Deep', data, error: null }];
  assert.match(section(renderText(deep), 'Deep'), /\(1 deeper entry hidden\)/);
});

test('main in a crash is not fine: it ends, and its stack is in the section Crash', () => {
  const report = calmReport();
  report.report.trigger = { kind: 'crash', detail: 'kaboom' };
  const text = renderText(report);
  assert.match(text, /^OTHER {2}main \(ends by an uncaught exception, see section Crash\)$/m);
  assert.doesNotMatch(text, /^FINE {3}main/m);
});

test('heaps that were searched for promises are named, and the others with why not, equal reasons once', () => {
  const report = sampleReport();
  const skipped = { done: false, why: 'skipped: the inspector did not reach the thread', pauseMs: 0 };
  report.tasks.heapScan = {
    done: true,
    why: '',
    pauseMs: 180,
    byThread: [
      { threadId: 1, done: true, why: 'nobody watched', pauseMs: 180 },
      { threadId: 2, ...skipped },
      { threadId: 3, ...skipped },
    ],
  };
  const text = section(renderText(report), 'Green Threads').replaceAll('\n', ' ');
  assert.match(text, /The heap of thread 1 was searched for promises, a pause of \S+ m?s at most\./);
  assert.match(
    text,
    /The heap of threads 2, 3 was not searched for promises: the inspector did not reach the thread\./,
  );
  const { byThread: _byThread, ...earlier } = { ...report.tasks.heapScan, done: false, why: 'too large' };
  report.tasks.heapScan = earlier as typeof report.tasks.heapScan;
  assert.match(section(renderText(report), 'Green Threads'), /The heap was not searched for promises: too large\./);
});
