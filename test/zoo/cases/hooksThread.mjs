import { register } from 'node:module';

/** The thread that runs the module hooks waits in Atomics.wait by design: a helper, and no alarm. */
export const truth = { places: ['main'], state: 'idle', verdict: null, readBy: 'port', helper: 'module hooks' };

const hooks = 'export async function resolve(specifier, context, next) { return next(specifier, context); }';

export async function hang() {
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
  await import('node:zlib');
}
