/**
 * Node's own timers, taken at load: fake timers of the application's tests (sinon, and so Vitest) replace those of
 * `node:timers` as well as the globals, and a bound or a slice that they hold back never comes.
 * Without an import: this is part of the probe too, which is evaluated where `require` does not exist.
 */
export const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } =
  process.getBuiltinModule('node:timers');
