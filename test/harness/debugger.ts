/** A debugger's client on a fixture that was started with `--inspect=127.0.0.1:0`. */
import { WebSocket } from 'undici';
import type { Fixture } from './spawn.js';

/** A client as developer tools are one: connected to main's port, with `Runtime` and `Debugger` on. */
export async function attachClient(fixture: Fixture): Promise<WebSocket> {
  const line = await fixture.line(/^Debugger listening on ws:/);
  const client = new WebSocket(line.replace(/^Debugger listening on /, ''));
  await new Promise<void>((resolve, reject) => {
    client.addEventListener('open', () => resolve());
    client.addEventListener('error', () => reject(new Error('no connection')));
  });
  for (const [index, method] of ['Runtime.enable', 'Debugger.enable'].entries())
    client.send(JSON.stringify({ id: index + 1, method }));
  await fixture.line(/^Debugger attached/);
  return client;
}

/**
 * Has the client evaluate `expression` in main, and waits until that has come to a breakpoint. From a timer: a pause inside
 * the inspector's interrupt ends any process, ours or not, whose interrupted function has no context yet, by a check of
 * V8's (`needs_context && …`, on all lines).
 */
export async function breakAt(client: WebSocket, expression: string): Promise<void> {
  const paused = new Promise<void>((resolve, reject) => {
    client.addEventListener('message', ({ data }) => {
      if (String(data).includes('"Debugger.paused"')) resolve();
    });
    client.addEventListener('close', () => reject(new Error('the connection was closed')));
  });
  client.send(
    JSON.stringify({
      id: 100,
      method: 'Runtime.evaluate',
      params: { expression: `void setTimeout(() => ${expression})` },
    }),
  );
  await paused;
}
