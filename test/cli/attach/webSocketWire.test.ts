import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WebSocketWire } from '../../../src/cli/attach/webSocketWire.js';

const BOUND = { timeout: 10_000 };

/** A socket in the test's hand. */
class Fake {
  readonly sent: { id: number; method: string; params: object }[] = [];
  isClosed = false;
  readonly #listeners = new Map<string, (event: { data: unknown }) => void>();

  addEventListener(type: string, listener: (event: { data: unknown }) => void): void {
    this.#listeners.set(type, listener);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as (typeof this.sent)[number]);
  }

  close(): void {
    this.isClosed = true;
  }

  happens(type: string, message: unknown = null): void {
    this.#listeners.get(type)?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}

function connected(): {
  socket: Fake;
  wire: WebSocketWire;
  answers: (object | string)[];
  ask: (method: string) => void;
} {
  const socket = new Fake();
  const wire = new WebSocketWire(() => socket);
  wire.connect();
  const answers: (object | string)[] = [];
  const ask = (method: string): void =>
    wire.post(method, {}, (error, result) => answers.push(error === null ? (result ?? {}) : error.message));
  return { socket, wire, answers, ask };
}

describe('the wire to another process', () => {
  test('keeps what is posted until the connection is there, in order', BOUND, () => {
    const { socket, ask } = connected();
    ask('one');
    ask('two');
    assert.deepEqual(socket.sent, []);
    socket.happens('open');
    ask('three');
    assert.deepEqual(
      socket.sent.map(({ method }) => method),
      ['one', 'two', 'three'],
    );
  });

  test('gives each answer to who asked, also out of order, and refusals as errors', BOUND, () => {
    const { socket, answers, ask } = connected();
    socket.happens('open');
    ask('one');
    ask('two');
    socket.happens('message', { id: 2, error: { message: 'no such method' } });
    socket.happens('message', { id: 1, result: { value: 1 } });
    socket.happens('message', { id: 1, result: { value: 'again' } });
    assert.deepEqual(answers, ['no such method', { value: 1 }]);
  });

  test('tells events to who listens, and ignores what is no message', BOUND, () => {
    const { socket, wire } = connected();
    const heard: string[] = [];
    wire.on('NodeWorker.detachedFromWorker', ({ params }) => heard.push(params.sessionId));
    for (const odd of ['{', 'null', '"text"', '{"id":99}', '{"method":"Other.event"}']) socket.happens('message', odd);
    socket.happens('message', { method: 'NodeWorker.detachedFromWorker', params: { sessionId: '7' } });
    assert.deepEqual(heard, ['7']);
  });

  test('fails what is under way when the connection goes, and all that comes after', BOUND, async () => {
    const { socket, wire, answers, ask } = connected();
    ask('one');
    socket.happens('error');
    socket.happens('close');
    await wire.closed;
    ask('two');
    assert.deepEqual(answers, Array(2).fill('the inspector closed the connection'));
  });

  test('ends a connection that opens after it was given up', BOUND, () => {
    const { socket, wire, ask } = connected();
    ask('one');
    wire.disconnect();
    socket.happens('open');
    assert.deepEqual(socket.sent, []);
    assert.ok(socket.isClosed);
  });
});
