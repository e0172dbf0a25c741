/** How a session closes: whom it waits for, for how long, and that nobody who is meant to stop is left running. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DRAIN_MS, type MayAnswer } from '../../src/sentinel/drain.js';
import { InspectorSession, type Wire, type WorkerParams } from '../../src/sentinel/inspectorSession.js';

interface Question {
  id: number;
  method: string;
  params: { expression?: string; timeout?: number };
}

/** What a worker answers to a question, and when, in ms; null for never. */
type Reply = (question: Question) => { afterMs: number; result?: object; error?: string } | null;

const PROBE = 'probe';
/** A thread that gives no sign of ever answering is given up after 300 ms, and this is late for that. */
const SOON_MS = 1000;

/** Main, which relays after some ms (null: never), and one worker, thread 7. */
class FakeProcess implements Wire {
  readonly asked: string[] = [];
  relayMs: number | null = 0;
  isOpen = false;
  readonly #reply: Reply;
  readonly #listeners = new Map<string, (message: { params: WorkerParams }) => void>();

  constructor(reply: Reply) {
    this.#reply = reply;
  }

  connect(): void {
    this.isOpen = true;
  }

  disconnect(): void {
    this.isOpen = false;
  }

  on(event: string, listener: (message: { params: WorkerParams }) => void): void {
    this.#listeners.set(event, listener);
  }

  post(method: string, params: object, callback: (error: Error | null, result?: object) => void): void {
    this.#relay(() => {
      callback(null, {});
      if (method === 'NodeWorker.enable') this.#tell('NodeWorker.attachedToWorker', '');
      if (method === 'NodeWorker.sendMessageToWorker') this.#askWorker((params as WorkerParams).message);
    });
  }

  end(): void {
    this.#tell('NodeWorker.detachedFromWorker', '');
  }

  #askWorker(message: string): void {
    const question = JSON.parse(message) as Question;
    this.asked.push(question.params.expression === PROBE ? PROBE : question.method);
    const reply = this.#reply(question);
    if (reply === null) return;
    const { afterMs, result, error } = reply;
    const answer = JSON.stringify({ id: question.id, result, error: error === undefined ? error : { message: error } });
    setTimeout(() => this.#relay(() => this.#tell('NodeWorker.receivedMessageFromWorker', answer)), afterMs);
  }

  #relay(action: () => void): void {
    if (this.relayMs !== null) setTimeout(() => this.isOpen && action(), this.relayMs);
  }

  #tell(event: string, message: string): void {
    this.#listeners.get(event)?.({ params: { sessionId: 'w', workerInfo: { title: '[worker 7] seven' }, message } });
  }
}

function text(value: string): object {
  return { result: { type: 'string', value } };
}

/** Answers the probe as `probe` says; after `checkMs` that it is to stop, or not; and ends by a termination at once. */
function worker(probe: ReturnType<Reply>, isStopping = false, checkMs = 1): Reply {
  return ({ method, params }) => {
    if (params.expression === PROBE) return probe;
    if (method === 'Runtime.terminateExecution') return { afterMs: 1, result: {} };
    return probe === null ? null : { afterMs: checkMs, result: text(String(isStopping)) };
  };
}

/** Opens a session, and asks the worker, through a main that relays so from now on; tells how long the drain took. */
async function drainOf(
  fake: FakeProcess,
  mayAnswer: MayAnswer,
  { afterMs = 5, relayMs = 0 }: { afterMs?: number; relayMs?: number | null } = {},
): Promise<{ session: InspectorSession; tookMs: number }> {
  const session = new InspectorSession(fake);
  session.connect();
  await session.watchWorkers(() => {}, 1000);
  fake.relayMs = relayMs;
  void session.evaluate('w', PROBE, 50);
  await delay(afterMs);
  const started = performance.now();
  await session.drain(mayAnswer);
  return { session, tookMs: performance.now() - started };
}

const always: MayAnswer = () => true;
const never: MayAnswer = () => false;

test('who has answered everything is not waited for, and the kernel is not asked', async () => {
  const asked: number[] = [];
  const fake = new FakeProcess(worker({ afterMs: 1, result: text('look') }));
  await drainOf(fake, (threadId) => asked.push(threadId) > 0, { afterMs: 50 });
  assert.deepEqual(fake.asked, [PROBE, 'Runtime.evaluate']);
  assert.deepEqual(asked, []);
});

test('a thread that hardly gets a CPU is waited for until it has answered', async () => {
  const fake = new FakeProcess(worker({ afterMs: 2500, result: text('look') }));
  const { tookMs } = await drainOf(fake, always);
  assert.ok(tookMs > 2400 && tookMs < 2500 + SOON_MS, `${tookMs} ms`);
});

test('a thread inside native code is given up, and so it is where nobody can tell', async () => {
  for (const mayAnswer of [(threadId: number) => threadId !== 7, never]) {
    const { tookMs } = await drainOf(new FakeProcess(worker(null)), mayAnswer);
    assert.ok(tookMs > 250 && tookMs < SOON_MS, `${tookMs} ms`);
  }
});

test('a thread that has answered before gets longer where nobody can tell what it does', async () => {
  let checks = 0;
  const reply = worker({ afterMs: 1, result: text('look') });
  const fake = new FakeProcess((question) =>
    question.params.expression !== PROBE && checks++ === 0 ? null : reply(question),
  );
  const { tookMs } = await drainOf(fake, never, { afterMs: 50 });
  assert.ok(tookMs > 1400 && tookMs < 1500 + SOON_MS, `${tookMs} ms`);
});

test('a thread that has got into native code meanwhile is given up then', async () => {
  const until = performance.now() + 1000;
  const { tookMs } = await drainOf(new FakeProcess(worker(null)), () => performance.now() < until);
  assert.ok(tookMs > 900 && tookMs < 1000 + SOON_MS, `${tookMs} ms`);
});

test('an answer that a slow main has not handed on yet is waited for', async () => {
  // The worker has answered, and sleeps again: it looks as one in native code does.
  const fake = new FakeProcess(worker({ afterMs: 1, result: text('look') }));
  const { tookMs } = await drainOf(fake, (threadId) => threadId === 0, { relayMs: 800 });
  assert.ok(tookMs > 700, `${tookMs} ms`);
  assert.deepEqual(fake.asked, [PROBE, 'Runtime.evaluate']);
});

test('with main inside native code nobody is waited for', async () => {
  const fake = new FakeProcess(worker({ afterMs: 1, result: text('look') }));
  const { tookMs } = await drainOf(fake, (threadId) => threadId !== 0, { relayMs: null });
  assert.ok(tookMs < 1500 + SOON_MS, `${tookMs} ms`);
});

test('a thread that ends is not waited for', async () => {
  const fake = new FakeProcess(worker(null));
  setTimeout(() => fake.end(), 700);
  const { tookMs } = await drainOf(fake, always);
  assert.ok(tookMs > 500 && tookMs < 700 + SOON_MS, `${tookMs} ms`);
});

test('nobody is waited for without a bound', { timeout: 30_000 }, async () => {
  const { tookMs } = await drainOf(new FakeProcess(worker(null)), always);
  assert.ok(tookMs >= DRAIN_MS && tookMs < DRAIN_MS + SOON_MS, `${tookMs} ms`);
});

test('a worker that is meant to stop is terminated, even if it takes seconds to say so', async () => {
  for (const checkMs of [1, 3000]) {
    const fake = new FakeProcess(worker({ afterMs: 1, result: text('look') }, true, checkMs));
    await drainOf(fake, always, { afterMs: 50 });
    assert.deepEqual(fake.asked, [PROBE, 'Runtime.evaluate', 'Runtime.terminateExecution']);
  }
});

test('a worker whose check was itself terminated is terminated, however late that is heard', async () => {
  for (const checkMs of [1, 3000]) {
    const reply = worker({ afterMs: 1, error: 'Execution was terminated' });
    const fake = new FakeProcess((question) =>
      question.method === 'Runtime.evaluate' && question.params.expression !== PROBE
        ? { afterMs: checkMs, error: 'Execution was terminated' }
        : reply(question),
    );
    await drainOf(fake, always, { afterMs: 50 });
    const { length } = fake.asked.filter((method) => method === 'Runtime.terminateExecution');
    assert.ok(length >= 1, fake.asked.join());
    assert.equal(fake.asked.at(-1), 'Runtime.terminateExecution');
  }
});

test('a worker that is not meant to stop goes on after its evaluate was terminated', async () => {
  const fake = new FakeProcess(worker({ afterMs: 1, error: 'Execution was terminated' }));
  const { session } = await drainOf(fake, always, { afterMs: 50 });
  assert.ok(fake.asked.includes('Runtime.evaluate') && !fake.asked.includes('Runtime.terminateExecution'));
  session.close();
  assert.equal(fake.isOpen, false);
  assert.equal(await session.evaluate('w', PROBE, 50), null, 'a closed session asks nothing');
});

test('every evaluate has a timeout of its own, and that of a check is longer than the wait for it', async () => {
  const timeouts: [boolean, number][] = [];
  const reply = worker({ afterMs: 1, result: text('look') });
  const fake = new FakeProcess((question) => {
    timeouts.push([question.params.expression === PROBE, question.params.timeout ?? 0]);
    return reply(question);
  });
  await drainOf(fake, never, { afterMs: 50 });
  assert.equal(timeouts.length, 2);
  for (const [isProbe, timeout] of timeouts) assert.ok(timeout > (isProbe ? 50 : DRAIN_MS), `${timeout} ms`);
});
