/**
 * Sentry's monitor of blocked event loops, as the documentation of its native module says: each thread is registered with
 * an AsyncLocalStorage and polls, a thread of its own looks at all of them.
 */
const { AsyncLocalStorage } = require('node:async_hooks');
const { isMainThread, Worker, workerData } = require('node:worker_threads');

const NATIVE = '@sentry-internal/node-native-stacktrace';
const POLL_MS = 200;
const LOOK_MS = 500;
const BLOCKED_MS = 1000;

const watchdog = `
  const { captureStackTrace, getThreadsLastSeen } = require(${JSON.stringify(require.resolve(NATIVE))});
  setInterval(() => {
    for (const ago of Object.values(getThreadsLastSeen())) if (ago > ${BLOCKED_MS}) captureStackTrace();
  }, ${LOOK_MS});
`;

const isWatchdog = workerData?.isSentryWatchdog === true;
if (!isWatchdog) {
  const { registerThread, threadPoll } = require(NATIVE);
  const asyncLocalStorage = new AsyncLocalStorage();
  asyncLocalStorage.enterWith({ request: null });
  registerThread({ asyncLocalStorage });
  setInterval(() => threadPoll(), POLL_MS).unref();
  if (isMainThread) new Worker(watchdog, { eval: true, workerData: { isSentryWatchdog: true } }).unref();
}
