import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { profiledFunctions } from '../../src/sentinel/profile.js';

const OWN = '/opt/app/node_modules/guru-meditation/dist';

describe('profiled functions', () => {
  it('are those of the application by their own time, at their own place', () => {
    const found = profiledFunctions(
      profile(
        node('(program)', '', 10),
        node('processTicksAndRejections', 'node:internal/process/task_queues', 30),
        node('again', 'file:///app/a%20b.mjs', 40, 2),
        node('before', '/app/c.js', 15),
        node('again', 'file:///app/a%20b.mjs', 5, 2),
      ),
      OWN,
    );
    assert.deepEqual(
      found.map(({ frame, share }) => [frame.function, frame.file, frame.line, share]),
      [
        ['again', '/app/a b.mjs', 3, 0.45],
        ['before', '/app/c.js', 1, 0.15],
      ],
    );
  });

  it('leave out this package and the time in which the thread was idle', () => {
    const found = profiledFunctions(
      profile(node('(idle)', '', 90), node('onInit', `${OWN}/register.cjs`, 5), node('starve', '/app/a.js', 5)),
      OWN,
    );
    assert.deepEqual(
      found.map(({ frame, share }) => [frame.function, share]),
      [['starve', 0.5]],
    );
  });

  it('are none for an answer that is no profile', () => {
    for (const answer of [null, {}, { profile: null }, { profile: { nodes: 1 } }]) {
      assert.deepEqual(profiledFunctions(answer, OWN), []);
    }
  });
});

function profile(...nodes: object[]): object {
  return { profile: { nodes } };
}

function node(functionName: string, url: string, hitCount: number, lineNumber = 0): object {
  return { callFrame: { functionName, url, lineNumber, columnNumber: 0 }, hitCount };
}
