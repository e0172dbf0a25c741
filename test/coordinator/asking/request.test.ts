import assert from 'node:assert/strict';
import test from 'node:test';
import { assert as assertProperty, json, oneof, property, string } from 'fast-check';
import {
  answerName,
  isAskingName,
  parseRequest,
  requestName,
  type AskedRequest,
} from '../../../src/coordinator/asking/request.js';

const REQUEST: AskedRequest = {
  format: 'guru-meditation.request',
  formatVersion: 1,
  id: 'a1b2',
  kind: 'report',
  pid: 42,
  startTime: '1234',
  until: 1_800_000_000_000,
  deadline: 2000,
  heapScan: 'auto',
  tasks: true,
};

test('a request is read as it was written', { timeout: 10_000 }, () => {
  assert.deepEqual(parseRequest(JSON.stringify(REQUEST)), REQUEST);
  const plain = { ...REQUEST, kind: 'check', deadline: null, heapScan: null };
  assert.deepEqual(parseRequest(JSON.stringify(plain)), plain);
});

test('a request with one thing wrong is none', { timeout: 10_000 }, () => {
  const wrong: Record<string, unknown[]> = {
    format: ['guru-meditation', null],
    formatVersion: [2, '1'],
    id: ['', '../../etc/passwd', 'a/b', 'A', 'x'.repeat(41)],
    kind: ['signal', null],
    pid: ['42', 1.5, null],
    startTime: [1234, null],
    until: ['soon', null],
    deadline: [49, 600_001, '2000', 1.5, undefined],
    heapScan: ['sometimes', undefined],
    tasks: ['on', null],
  };
  for (const [key, values] of Object.entries(wrong))
    for (const value of values)
      assert.equal(parseRequest(JSON.stringify({ ...REQUEST, [key]: value })), null, `${key} ${String(value)}`);
});

test('whatever the text is, reading it throws nothing', { timeout: 30_000 }, () => {
  assertProperty(property(oneof(string(), json()), (text) => parseRequest(text) === null));
});

test('the names of requests and answers are known from all others', { timeout: 10_000 }, () => {
  for (const name of [
    requestName(42, '1234'),
    answerName(42, '1234', 'a1b2'),
    `.${answerName(42, '1234', 'a1b2')}.new`,
    `${requestName(42, '1234')}.99.new`,
    '.42-1234-0-1.taken',
  ])
    assert.ok(isAskingName(name), name);
  for (const name of ['report.json', '42.request', 'notes-1.answer', '42-1234.request.bak', '..'])
    assert.ok(!isAskingName(name), name);
});
