/**
 * The code that runs inside the realm (see `realm.ts`), as text because it must be compiled there: its `Error`, `Promise`
 * and `Object` are the realm's own, whatever the application did to its own ones.
 *
 * A function is called what V8 calls it by itself: `run`, not the `Pool.run` of V8's text, whose type is that of the
 * receiver and need not be where the function stands. Built-ins have no place of their own and are named as in that text:
 * `Atomics.wait`, `RegExp.test`. A function without a name is called what the property is called in which V8 finds it; no
 * name at all have the top level of a file, whose enclosing function begins with the file, and functions that nobody named;
 * those of WebAssembly have a number.
 *
 * A frame is one line of text: function, script, line, column, flags (`a` awaits, `n` is a construction, `e` is eval'd
 * code, `#2` is the third place of a `Promise.all` or its like), with tabs between.
 *
 * How `ask` learns who waits for a pending promise P: when V8 makes an Error inside a promise reaction job, it adds the
 * async functions that wait for the job's promise D, by walking over D's reactions. So D gets a single reaction whose
 * derived promise is, through a species constructor, P itself: V8 walks on from P to whoever awaits P. P is neither
 * settled nor changed. D is given another prototype, since an own `constructor` on a promise would make V8 give up a fast
 * path for all promises of the thread.
 */
export const REALM_SOURCE = `(() => {
  'use strict';
  const { captureStackTrace } = Error;
  const { then } = Promise.prototype;
  const nothing = () => {};
  let asyncOnly = false;
  let counting = false;
  let asked;
  let answers;

  const clean = (text) => (/[\\t\\n]/.test(text) ? text.replace(/[\\t\\n]+/g, ' ') : text).slice(0, 1000);
  const ofBuiltin = (site, name) => {
    const type = site.isToplevel() || site.isConstructor() ? null : site.getTypeName();
    return type === null || name === '' || name.startsWith(type) ? name : type + '.' + name;
  };
  const nameless = (site, script) => {
    if (script.startsWith('wasm:')) return /wasm-function\\[\\d+\\]/.exec(site.toString())?.[0] ?? '<anonymous>';
    const isInside = site.getEnclosingLineNumber?.() > 1 || site.getEnclosingColumnNumber?.() > 1;
    return isInside ? (site.getMethodName() ?? '<anonymous>') : '';
  };
  const nameOf = (site, script) => {
    const name = site.getFunctionName() ?? '';
    if (script === '' && site.getLineNumber() === null) return ofBuiltin(site, name);
    return name === '' ? nameless(site, script) : name;
  };
  const describe = (site) => {
    const index = site.isAsync() ? site.getPromiseIndex() : null;
    if (index !== null) return clean(site.getFunctionName() ?? '') + '\\t\\t\\t\\t#' + index;
    const script = site.getFileName() ?? site.getScriptNameOrSourceURL() ?? '';
    const name = clean(nameOf(site, script));
    const flags = (site.isAsync() ? 'a' : '') + (site.isConstructor() ? 'n' : '') + (site.isEval() ? 'e' : '');
    return name + '\\t' + clean(script) + '\\t' + (site.getLineNumber() ?? '') + '\\t' + (site.getColumnNumber() ?? '') + '\\t' + flags;
  };
  Error.prepareStackTrace = (_, sites) => {
    if (counting) return sites.length;
    let text = '';
    for (const site of sites) {
      if (asyncOnly && !site.isAsync()) continue;
      text += (text === '' ? '' : '\\n') + describe(site);
    }
    return text;
  };

  const hold = (skip, limit) => {
    Error.stackTraceLimit = limit;
    const holder = {};
    captureStackTrace(holder, skip ?? hold);
    return holder;
  };
  const depth = () => {
    counting = true;
    try {
      return hold(depth, 20000).stack;
    } finally {
      counting = false;
    }
  };

  let resolved;
  function Derived(executor) {
    executor(nothing, nothing);
    return asked;
  }
  const leading = Object.create(Promise.prototype, { constructor: { value: { [Symbol.species]: Derived } } });
  function job() {
    const holder = {};
    captureStackTrace(holder, job);
    answers.push(holder.stack);
  }
  globalThis.ask = () => {
    resolved ??= Promise.resolve();
    for (asked of globalThis.promises) {
      const waiting = then.call(resolved, job);
      Object.setPrototypeOf(waiting, leading);
      then.call(waiting, nothing);
    }
    asked = undefined;
  };

  return {
    hold,
    depth,
    read: (holder) => holder.stack,
    begin(limit, list) {
      Error.stackTraceLimit = limit;
      answers = list;
      asyncOnly = true;
    },
    end() {
      answers = undefined;
      asyncOnly = false;
    },
  };
})()`;
