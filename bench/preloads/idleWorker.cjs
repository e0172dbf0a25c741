/** The floor of a preload with a thread of its own: it starts one that does nothing, as the sentinel is started. */
const { isMainThread, Worker } = require('node:worker_threads');

if (isMainThread) {
  const worker = new Worker('setInterval(() => {}, 1_000_000)', {
    eval: true,
    stdout: true,
    stderr: true,
    execArgv: [],
    env: {},
  });
  worker.unref();
}
