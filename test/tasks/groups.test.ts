import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskGroups, type GroupShape } from '../../src/tasks/groups.js';

const shape = (key: string): GroupShape => ({
  key,
  type: key,
  keepsAlive: null,
  ref: null,
  note: null,
  parent: [],
  waitsFor: null,
  awaitStack: () => [],
  createdAt: () => [],
});

test('groups have exact counts and ages, and a bounded sample of ages and ids', () => {
  const groups = new TaskGroups();
  for (let age = 1000; age >= 1; age--) groups.add('many', age, age, null, () => shape('many'));
  const { groups: listed, tasks } = groups.finish();
  const [group] = listed;
  assert.equal(tasks, 1000);
  assert.equal(group?.count, 1000);
  assert.deepEqual(group?.ageMs, { min: 1, median: 501, max: 1000 });
  assert.equal(group?.ages.length, 64);
  assert.deepEqual([group?.ages[0], group?.ages[63]], [1, 1000]);
  assert.equal(group?.ids.length, 8);
});

test('the largest group comes first, and of equal ones the oldest', () => {
  const groups = new TaskGroups();
  for (const [key, age] of [
    ['young', 1],
    ['two', 1],
    ['two', 2],
    ['old', 9],
  ] as const)
    groups.add(key, 1, age, null, () => shape(key));
  assert.deepEqual(
    groups.finish().groups.map(({ type }) => type),
    ['two', 'old', 'young'],
  );
});

test('of too many groups the largest and the oldest are kept, and the rest is counted', () => {
  const groups = new TaskGroups();
  for (let index = 0; index < 5000; index++) groups.add(`g${index}`, index, index, null, () => shape(`g${index}`));
  for (let index = 0; index < 3; index++) groups.add('g7', 7, 0, null, () => shape('g7'));
  const { groups: listed, groupsElided, tasks } = groups.finish();
  assert.deepEqual([listed.length, groupsElided, tasks], [2000, 3000, 5003]);
  assert.equal(listed[0]?.type, 'g7');
  assert.ok(listed.some(({ type }) => type === 'g4999'));
});

test('tasks of one place with different labels are different groups', () => {
  const groups = new TaskGroups();
  for (const tenant of ['17', '18', '17']) groups.add('db', 1, 5, { tenant }, () => shape('db'));
  groups.add('db', 1, 5, null, () => shape('db'));
  assert.deepEqual(
    groups.finish().groups.map(({ count, labels }) => [count, labels]),
    [
      [2, { tenant: '17' }],
      [1, { tenant: '18' }],
      [1, {}],
    ],
  );
});

test('a label with a value for each task tells no groups apart, and says so', () => {
  const groups = new TaskGroups();
  for (let id = 0; id < 500; id++) {
    groups.add('db', id, 500 - id, { requestId: `${id}`, tenant: `${id % 2}` }, () => shape('db'));
  }
  const { groups: listed, tasks } = groups.finish();
  assert.equal(tasks, 500);
  assert.deepEqual(
    listed.map(({ count, labels, ageMs, ids }) => [count, labels, ageMs?.min, ageMs?.max, ids[0]]),
    [
      [250, { requestId: '(more than 20 values)', tenant: '0' }, 2, 500, 0],
      [250, { requestId: '(more than 20 values)', tenant: '1' }, 1, 499, 1],
    ],
  );
});

test('keys without end are bounded too', () => {
  const groups = new TaskGroups();
  for (let id = 0; id < 500; id++) groups.add('db', id, 1, { [`key${id}`]: 'x' }, () => shape('db'));
  assert.equal(groups.finish().groups.length, 51);
});
