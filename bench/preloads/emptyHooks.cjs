/**
 * The floor of watching tasks: the hooks of this package with nothing in them. What they cost is V8's and Node's own, and
 * nothing that stands on hooks can cost less.
 */
const { createHook } = require('node:async_hooks');
const { promiseHooks } = require('node:v8');

const nothing = () => {};

if (canLeavePromisesOut()) {
  createHook({ init: nothing, trackPromises: false }).enable();
  promiseHooks.createHook({ init: nothing, settled: nothing });
} else {
  // Node's own promise hook, which any async hook brings on these lines, is replaced by an empty one.
  createHook({ init: nothing }).enable();
  process.noDeprecation = true;
  process.binding('async_wrap').setPromiseHooks(nothing, undefined, undefined, nothing);
  delete process.noDeprecation;
}

/** Where it is known, Node looks for it. */
function canLeavePromisesOut() {
  let isKnown = false;
  createHook({
    get trackPromises() {
      isKnown = true;
      return undefined;
    },
  });
  return isKnown;
}
