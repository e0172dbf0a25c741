/**
 * The sentinel's own ear for the signal. Node gives `process.on(signal)` to the main thread alone, and its handler does
 * not run while main hangs. libuv, however, tells every loop that has a handle for a signal; the class for such a handle
 * is an internal of Node, which this one thread can reach because it alone is started with `--expose-internals`
 * (`lab/usr2-main-blocked.cjs`: works on 20, 22, 24, 26). Where a runtime refuses, main's own handler remains, and with
 * main hung only the file trigger and the watchdog are left.
 */
import { constants } from 'node:os';
import { createRequire } from 'node:module';

interface SignalHandle {
  onsignal: () => void;
  start(signal: number): number;
  close(): void;
  unref(): void;
}

/** Listens to `signal` in this thread; null where the runtime gives no handle, else a function that stops listening. */
export function listenToSignal(signal: string, onSignal: () => void): (() => void) | null {
  try {
    const testBinding = createRequire(__filename)('internal/test/binding') as {
      internalBinding(name: 'signal_wrap'): { Signal: new () => SignalHandle };
    };
    const handle = new (testBinding.internalBinding('signal_wrap').Signal)();
    handle.unref();
    handle.onsignal = onSignal;
    const number = constants.signals[signal as NodeJS.Signals];
    if (handle.start(number) !== 0) return null;
    return () => handle.close();
  } catch {
    return null;
  }
}
