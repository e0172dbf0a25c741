/**
 * How a new thread makes itself known: it sends two ports with `postMessageToThread`, one for main, one for the sentinel.
 *
 * They go to the sentinel, which passes main its port on: so no `workerMessage` event of the application ever shows a
 * message of ours. Only where there is never a sentinel do they go to main. `worker.postMessage` and `parentPort` are not
 * used: pools take any message for theirs. The promise is caught: a thread that dies meanwhile is no error.
 */
import { MessageChannel, postMessageToThread, threadId } from 'node:worker_threads';
import type { Hello } from '../protocol.js';
import { setTimeout } from '../tasks/timers.js';
import type { Agent } from './agent.js';
import { postWithoutWaiter } from './postWithoutWaiter.js';
import { SENTINEL_NEVER, SENTINEL_PENDING } from './sharedState.js';

/** Taken at load, as the timers are. */
const { nextTick } = process;

/** A sentinel that is still starting is there within some 50 ms; a main that hangs after that would let no port pass. */
const SOON_MS = 20;
const SOON_TIMES = 25;

/** Introduces this thread, now or, while there is no sentinel yet, with a later heartbeat; again when the sentinel changes. */
export function introduce(agent: Agent, token: string): void {
  let knownTo = SENTINEL_PENDING;
  const attempt = (): void => {
    const sentinel = agent.shared.sentinelThreadId;
    if (sentinel === knownTo || sentinel === SENTINEL_PENDING) return;
    knownTo = sentinel;
    agent.asOwn(() => sendPorts(agent, token, sentinel));
  };
  const attemptSoon = (left: number): void => {
    attempt();
    if (knownTo === SENTINEL_PENDING && left > 0) agent.asOwn(() => setTimeout(attemptSoon, SOON_MS, left - 1).unref());
  };
  // A loop that does not turn answers no port: there is time until the thread's own code has begun, but not more. A worker of
  // Piscina without a task parks in its second turn.
  agent.asOwn(() => nextTick(attemptSoon, SOON_TIMES));
  agent.heartbeat.onBeat(attempt);
}

function sendPorts(agent: Agent, token: string, sentinel: number): void {
  if (typeof postMessageToThread !== 'function') return;
  const toMain = new MessageChannel();
  const toSentinel = sentinel === SENTINEL_NEVER ? null : new MessageChannel();
  const hello: Hello = {
    kind: 'guru-meditation.hello',
    token,
    threadId,
    toMain: toMain.port2,
    toSentinel: toSentinel?.port2 ?? null,
  };
  const ports = toSentinel === null ? [toMain.port2] : [toMain.port2, toSentinel.port2];
  agent.serve(toMain.port1);
  if (toSentinel !== null) agent.serve(toSentinel.port1);
  postWithoutWaiter(sentinel === SENTINEL_NEVER ? 0 : sentinel, hello, ports).catch(() => {
    toMain.port1.close();
    toSentinel?.port1.close();
  });
}
