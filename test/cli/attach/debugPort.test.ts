import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { debugPortOf, isLoopback } from '../../../src/cli/attach/debugPort.js';

const BOUND = { timeout: 10_000 };

function of(line: string, nodeOptions?: string): ReturnType<typeof debugPortOf> {
  const environment: Record<string, string> = nodeOptions === undefined ? {} : { NODE_OPTIONS: nodeOptions };
  return debugPortOf({ command: line.split(' '), environment });
}

describe('the place where a process opens its inspector', () => {
  test('is that of Node where no flag says another', BOUND, () => {
    assert.deepEqual(of('node app.js'), { host: '127.0.0.1', port: 9229, isOpenFromStart: false });
  });

  test('is what its flags say, whichever form they have', BOUND, () => {
    const forms: [line: string, host: string, port: number, isOpen: boolean][] = [
      ['node --inspect app.js', '127.0.0.1', 9229, true],
      ['node --inspect=9300 app.js', '127.0.0.1', 9300, true],
      ['node --inspect-brk=0.0.0.0:0 app.js', '0.0.0.0', 0, true],
      ['node --inspect-wait=[::1]:9301 app.js', '::1', 9301, true],
      ['node --inspect=localhost app.js', 'localhost', 9229, true],
      ['node --inspect-port=9302 app.js', '127.0.0.1', 9302, false],
      ['node --inspect-port 9303 app.js', '127.0.0.1', 9303, false],
      ['node --debug-port=10.0.0.1:9304 app.js', '10.0.0.1', 9304, false],
      ['node -r ./hook.js --inspect=9305 app.js', '127.0.0.1', 9305, true],
    ];
    for (const [line, host, port, isOpenFromStart] of forms)
      assert.deepEqual(of(line), { host, port, isOpenFromStart }, line);
  });

  test('is not what the flags of the application say', BOUND, () => {
    assert.equal(of('node app.js --inspect=9300').port, 9229);
    assert.equal(of('node app.js --inspect').isOpenFromStart, false);
  });

  test('is what NODE_OPTIONS say, unless the command line says another', BOUND, () => {
    assert.deepEqual(of('node app.js', '--no-warnings --inspect=9310'), {
      host: '127.0.0.1',
      port: 9310,
      isOpenFromStart: true,
    });
    assert.equal(of('node --inspect-port=9311 app.js', '--inspect-port=9310').port, 9311);
  });

  test('is reached by this machine alone on loopback', BOUND, () => {
    assert.deepEqual(['localhost', '127.0.0.1', '127.1.2.3', '::1'].map(isLoopback), [true, true, true, true]);
    assert.deepEqual(['0.0.0.0', '::', '10.0.0.1', 'example.org'].map(isLoopback), [false, false, false, false]);
  });
});
