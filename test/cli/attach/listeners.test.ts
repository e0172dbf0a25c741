import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { describe, test } from 'node:test';
import { listenersAround, listenersOf, ownerOf } from '../../../src/cli/attach/listeners.js';

const BOUND = { timeout: 20_000, skip: process.platform === 'linux' ? false : 'there is no procfs' };
const OWN = `/proc/${process.pid}`;

async function listening(host: string): Promise<{ server: Server; port: number }> {
  const server = createServer().unref();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { server, port: (server.address() as { port: number }).port };
}

describe('the ports that a process listens on', () => {
  test('are there while it listens, with their host, and belong to it', BOUND, async () => {
    const { server, port } = await listening('127.0.0.1');
    const found = listenersOf(OWN).find((listener) => listener.port === port);
    assert.equal(found?.host, '127.0.0.1');
    assert.equal(ownerOf(found?.inode ?? '')?.pid, process.pid);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(
      listenersOf(OWN).some((listener) => listener.port === port),
      false,
    );
  });

  test('are seen by others in the same network, who do not own them', BOUND, async () => {
    const { server, port } = await listening('0.0.0.0');
    assert.equal(listenersAround('/proc/self').find((listener) => listener.port === port)?.host, '0.0.0.0');
    const parent = listenersOf(`/proc/${process.ppid}`);
    assert.equal(
      parent.some((listener) => listener.port === port),
      false,
    );
    await new Promise((resolve) => server.close(resolve));
  });

  test('are none where nobody can look', BOUND, () => {
    assert.deepEqual(listenersOf('/proc/none'), []);
    assert.equal(ownerOf('0'), null);
  });
});
