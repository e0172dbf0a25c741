import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heapOf, parseLook, type Look } from '../../src/sentinel/look.js';

describe('a look', () => {
  it('is read from an answer, and null for what is none', () => {
    assert.deepEqual(parseLook(JSON.stringify(look({ loops: 7 })))?.loops, 7);
    for (const text of [null, '', '{', '{}', '{"stack":1}', 'null']) assert.equal(parseLook(text), null);
  });

  it('tells the part of the heap that is nearest to its limit', () => {
    const heap = { used: 150, limit: 208 };
    assert.deepEqual(heapOf(look({ heap, oldSpace: 145, oldLimit: 160 })), { used: 145, limit: 160 });
    assert.deepEqual(heapOf(look({ heap, oldSpace: 20, oldLimit: 160 })), heap);
    assert.deepEqual(heapOf(look({ heap, oldSpace: 145, oldLimit: null })), heap);
    assert.equal(heapOf(look({ heap: null, oldSpace: 145, oldLimit: 160 })), null);
  });
});

function look(given: Partial<Look>): Look {
  return {
    stack: [],
    loops: null,
    executionId: 0,
    entry: null,
    heap: null,
    oldSpace: null,
    oldLimit: null,
    osThreadId: null,
    ...given,
  };
}
