/** `node:os`, loaded when it is needed: that takes a third of a millisecond of a process's start. */
export function nodeOs(): typeof import('node:os') {
  return process.getBuiltinModule('node:os');
}
