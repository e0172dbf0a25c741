import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hotFrames, hotLine } from '../../src/report/hotFrames.js';
import type { Frame } from '../../src/report/types.js';

type Raw = Parameters<Parameters<typeof hotFrames>[1]>[0];

const complete = (raw: Raw): Frame => ({ ...raw, package: null, sure: true, source: null });
const named = (samples: Raw[][]): [string, number][] =>
  hotFrames(samples, complete).map((hot) => [hot.frame.function, hot.share]);

describe('hot frames', () => {
  it('gives each top function its share of all samples, most first', () => {
    const [a, b] = [frame('a', '/app/a.js'), frame('b', '/app/b.js')];
    assert.deepEqual(named([[a], [b, a], [a, b], []]), [
      ['a', 0.5],
      ['b', 0.25],
    ]);
  });

  it('says nothing from two samples', () => {
    assert.deepEqual(named([[frame('a', '/app/a.js')], [frame('a', '/app/a.js')]]), []);
  });

  it('counts what node does on behalf of a function for that function, and built-ins of V8 as themselves', () => {
    const again = frame('again', '/app/a.js');
    const tick = [frame('push', null), frame('nextTick', 'node:internal/process/task_queues'), again];
    const regex = [frame('RegExp.test', null), again];
    assert.deepEqual(named([tick, tick, regex]), [
      ['again', 0.67],
      ['RegExp.test', 0.33],
    ]);
  });
});

function frame(name: string, file: string | null): Raw {
  return { function: name, file, line: 1, column: 1, async: false, kind: 'call' };
}

describe('the line of a hot frame', () => {
  it('says what it was counted in: stacks over a time, or a CPU profile', () => {
    const hot = {
      frame: {
        ...complete({ function: 'turn', file: '/app/turn.js', line: 3, column: 1, async: false, kind: 'call' }),
      },
      share: 0.8,
    };
    const said = (from: Parameters<typeof hotLine>[1]): string => hotLine(hot, from, '/app');
    assert.equal(
      said({ by: 'stack samples', count: 17, overMs: 240.2 }),
      '80% of 240 ms (17 stack samples) in turn  turn.js:3',
    );
    assert.equal(said({ by: 'profiler', count: null, overMs: null }), '80% of a CPU profile in turn  turn.js:3');
    assert.equal(said(undefined), '80% of stack samples in turn  turn.js:3');
  });
});
