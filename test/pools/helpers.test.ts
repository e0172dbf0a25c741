import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { helperOf, type ThreadTraces } from '../../src/pools/helpers.js';
import type { RawFrame } from '../../src/protocol.js';

const NOTHING: ThreadTraces = { entry: null, stack: [], createdAt: [], title: null };
const LOGGER = '/app/node_modules/.pnpm/thread-stream@3.1.0/node_modules/thread-stream';
const SYNCKIT = 'file:///app/node_modules/synckit/lib/index.js';

describe('helper threads', () => {
  it('are known by the file they were started with', { timeout: 10_000 }, () => {
    assert.equal(helperOf({ ...NOTHING, entry: `${LOGGER}/lib/worker.js` }), 'logging (thread-stream)');
  });

  it('are known by the library that created them, whatever file that was given', { timeout: 10_000 }, () => {
    const createdAt = [
      frame('new Worker', 'node:internal/worker'),
      frame('start', SYNCKIT),
      frame('lint', '/app/a.js'),
    ];
    assert.equal(helperOf({ ...NOTHING, entry: '/app/worker.js', createdAt }), 'synchronous bridge (synckit)');
  });

  it('are known by who called first on their stack', { timeout: 10_000 }, () => {
    const stack = [frame('format', '/app/format.js'), frame('onMessage', SYNCKIT), frame('emit', 'node:events')];
    assert.equal(helperOf({ ...NOTHING, stack }), 'synchronous bridge (synckit)');
  });

  it('of the module hooks are known by their title, their code, and who started them', { timeout: 10_000 }, () => {
    const hooks = 'module hooks';
    const starter = [
      frame('new InternalWorker', 'node:internal/worker'),
      frame('get', 'node:internal/modules/esm/hooks'),
    ];
    assert.equal(helperOf({ ...NOTHING, title: '[worker 2] internal/modules/esm/worker' }), hooks);
    assert.equal(helperOf({ ...NOTHING, stack: [frame('wait', 'node:internal/modules/esm/worker')] }), hooks);
    assert.equal(helperOf({ ...NOTHING, createdAt: [...starter, frame('register', '/app/main.js')] }), hooks);
  });
});

describe('threads of the application', () => {
  it('stay its own when their file is named like that of a helper', { timeout: 10_000 }, () => {
    for (const entry of [
      '/app/worker.js',
      '/app/lib/worker.js',
      '/app/thread-stream/lib/worker.js',
      '/synckit/worker.js',
    ])
      assert.equal(helperOf({ ...NOTHING, entry, createdAt: [frame('start', '/app/main.js')] }), null, entry);
  });

  it('stay its own while they call a helper library, or wait for one', { timeout: 10_000 }, () => {
    const waits = [frame('wait', null), frame('call', SYNCKIT), frame('format', '/app/format.js')];
    const flushes = [frame('wait', null), frame('flushSync', `${LOGGER}/index.js`), frame('log', '/app/main.js')];
    for (const stack of [waits, flushes]) assert.equal(helperOf({ ...NOTHING, stack, entry: '/app/worker.js' }), null);
  });

  it('stay its own while the module hooks resolve what they import', { timeout: 10_000 }, () => {
    const waits = [
      frame('wait', null),
      frame('makeSyncRequest', 'node:internal/modules/esm/hooks'),
      frame('require', '/app/main.js'),
    ];
    const inThread = [frame('resolve', '/app/hooks.js'), frame('run', 'node:internal/modules/customization_hooks')];
    for (const stack of [waits, inThread]) assert.equal(helperOf({ ...NOTHING, stack }), null);
  });

  it('stay its own when the application creates them beside a helper', { timeout: 10_000 }, () => {
    const createdAt = [frame('start', '/app/pool.js'), frame('onReady', `${LOGGER}/index.js`)];
    assert.equal(helperOf({ ...NOTHING, createdAt }), null);
  });
});

function frame(name: string, file: string | null): RawFrame {
  return { function: name, file, line: 1, column: 1, async: false, kind: 'call' };
}
