import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WaitsFor } from '../../src/report/types.js';
import { linkBodies } from '../../src/tasks/bodyLinks.js';
import type { BodyReaders, BodyRequest, ReadingPlace } from '../../src/tasks/bodyReaders.js';
import { frameFields } from '../../src/tasks/frameText.js';
import type { PendingPromises } from '../../src/tasks/requestLinks.js';
import { runAtOnce } from '../../src/tasks/slices.js';

const LEFT: WaitsFor = { kind: 'http-out', what: 'GET files:80 /left' };
const RIGHT: WaitsFor = { kind: 'http-out', what: 'GET files:80 /right' };
const MADE = 'get\tget.js\t1\t1\t\nload\tapp.js\t3\t9\t\nmain\tapp.js\t30\t2\t';
const ITERATING = 'load\tapp.js\t4\t20\ta';

const place = (line: string, more: Partial<ReadingPlace> = {}): ReadingPlace => ({
  frame: frameFields(line),
  ageMs: 4000,
  isCallback: false,
  ...more,
});
const LOADS = place('load\tapp.js\t4\t20\t');

const body = (more: Partial<BodyRequest> = {}): BodyRequest => ({
  waitsFor: LEFT,
  readings: ['stream'],
  promise: 10,
  creation: MADE,
  ageMs: 5000,
  ...more,
});

function linked(
  readers: BodyReaders,
  stacks: readonly string[],
  more: Partial<PendingPromises['chains']> & { unasked?: number[] } = {},
): number[] {
  const asked = stacks.map((stack, index) => ({ id: 20 + index, stack, parent: 0, waiters: 1, derived: 0 }));
  const { unasked = [], ...chains } = more;
  const pending = { chains: { asked, alone: [], returning: new Map<number, number>(), ...chains }, asked, unasked };
  return [...runAtOnce(linkBodies(readers, pending)).keys()];
}

test('who reads a stream, in a function that made a request whose response is read, waits for it', () => {
  assert.deepEqual(linked({ requests: [body()], places: [LOADS] }, [ITERATING]), [20]);
  assert.deepEqual(linked({ requests: [body(), body()], places: [LOADS] }, [ITERATING, ITERATING]), [20, 21]);
});

test('a helper may read it for that function', () => {
  const helper = 'readAll\tread.js\t7\t5\ta';
  const readers = { requests: [body()], places: [place('readAll\tread.js\t7\t5\t')] };
  assert.deepEqual(linked(readers, [`${helper}\n${ITERATING}`]), [20]);
});

test('not where the place reads no stream, nor where the function has no name, nor where others await it', () => {
  assert.deepEqual(linked({ requests: [body()], places: [] }, [ITERATING]), []);
  const nameless = '<anonymous>\tapp.js\t4\t20\ta';
  const creation = '<anonymous>\tapp.js\t3\t9\t';
  const places = [place('<anonymous>\tapp.js\t4\t20\t')];
  assert.deepEqual(linked({ requests: [body({ creation })], places }, [nameless]), []);
  assert.deepEqual(linked({ requests: [body()], places: [LOADS] }, [`${ITERATING}\nother\tapp.js\t50\t1\ta`]), []);
});

test('not where more read than there are responses, nor where some were not asked', () => {
  assert.deepEqual(linked({ requests: [body()], places: [LOADS] }, [ITERATING, ITERATING]), []);
  assert.deepEqual(linked({ requests: [body()], places: [LOADS] }, [ITERATING], { unasked: [15] }), []);
});

test('not where the same function reads what different requests asked for, but where its callers tell them apart', () => {
  const requests = [body(), body({ waitsFor: RIGHT })];
  assert.deepEqual(linked({ requests, places: [LOADS] }, [ITERATING, ITERATING]), []);
  const calls = ['left', 'right'].map((name) => `${name}\tapp.js\t40\t7\t`);
  const told = requests.map((one, index) => ({ ...one, creation: `${MADE}\n${calls[index]}` }));
  const stacks = calls.map((call) => `${ITERATING}\n${call}a`);
  assert.deepEqual(linked({ requests: told, places: [LOADS] }, stacks), [20, 21]);
});

test('not where somebody else reads a stream since then, with an await or a callback', () => {
  const other = 'pump\tapp.js\t60\t5\ta';
  const pump = place('pump\tapp.js\t60\t5\t');
  assert.deepEqual(linked({ requests: [body()], places: [LOADS, pump] }, [ITERATING, other]), []);
  const callback = { ...pump, isCallback: true };
  assert.deepEqual(linked({ requests: [body()], places: [LOADS, callback] }, [ITERATING]), []);
  const earlier = [LOADS, { ...pump, ageMs: 60_000 }, { ...callback, ageMs: 60_000 }];
  assert.deepEqual(linked({ requests: [body()], places: earlier }, [ITERATING, other]), [20]);
});

test('events.once is a function that returned what it made, and anything that looks like it is in its way', () => {
  const requests = [body({ readings: ['once'] })];
  const returning = new Map([[19, 20]]);
  assert.deepEqual(linked({ requests, places: [] }, [ITERATING]), []);
  assert.deepEqual(linked({ requests, places: [] }, [ITERATING], { returning }), [20]);
  const unseen = [ITERATING, '', ''];
  assert.deepEqual(linked({ requests, places: [] }, unseen, { returning }), []);
  const other = [ITERATING, 'audit\tapp.js\t60\t5\ta'];
  assert.deepEqual(linked({ requests, places: [] }, other, { returning: new Map([...returning, [18, 21]]) }), []);
});
