import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskSearch, taskTypes, type TaskQuery } from '../../src/view/html/taskQuery.js';
import { at, group, sampleReport } from '../report/sample.js';

const ALL: TaskQuery = { text: '', type: null, threadId: null, order: 'report' };

function searched(): TaskSearch {
  const report = sampleReport();
  report.tasks.groups = [
    group('timer', { type: 'Timeout', count: 3, createdAt: [at('refreshRates', 'src/rates.ts', 12)], ageMs: null }),
    group('query', {
      count: 7,
      threadIds: [2, 3],
      awaitStack: [at('query', 'src/db.ts', 4)],
      labels: { tenant: '17' },
    }),
    group('charge', {
      count: 1,
      threadIds: [3],
      ageMs: { min: 1, median: 1, max: 90_000 },
      awaitStack: [at('charge', 'src/db.ts', 8)],
      waitsFor: { kind: 'http-out', what: 'GET payments:443 /charge' },
    }),
  ];
  return new TaskSearch(report);
}

const ids = (query: Partial<TaskQuery>): string[] =>
  searched()
    .find({ ...ALL, ...query })
    .map(({ id }) => id);

test('without a question all groups come in the order of the report', () => {
  assert.deepEqual(ids({}), ['timer', 'query', 'charge']);
});

test('all words must be somewhere in a group: in its type, stacks, labels or what it waits for', () => {
  assert.deepEqual(ids({ text: 'DB.ts:4' }), ['query']);
  assert.deepEqual(ids({ text: 'src/db tenant=17' }), ['query']);
  assert.deepEqual(ids({ text: 'payments:443' }), ['charge']);
  assert.deepEqual(ids({ text: 'timeout refreshrates' }), ['timer']);
  assert.deepEqual(ids({ text: 'nowhere db.ts' }), []);
});

test('type and thread narrow what is found, and orders go from most to least', () => {
  assert.deepEqual(ids({ type: 'Timeout' }), ['timer']);
  assert.deepEqual(ids({ threadId: 3 }), ['query', 'charge']);
  assert.deepEqual(ids({ order: 'count' }), ['query', 'timer', 'charge']);
  assert.equal(ids({ order: 'age' })[0], 'charge');
  assert.deepEqual(ids({ order: 'type' }), ['timer', 'query', 'charge']);
});

test('types come by the number of their tasks', () => {
  assert.deepEqual(taskTypes(sampleReport()), ['await', 'Timeout', 'TCPSERVERWRAP']);
});
