/** Threads that belong to a library and not to the application: recognised by their code, and called what they are. */
import type { RawFrame } from '../protocol.js';

/** Where a helper's own frames come from, and what it is for. */
const HELPERS: readonly { file: RegExp; helper: string }[] = [
  { file: /^node:internal\/modules\/(esm\/)?(hooks|customization_hooks)/, helper: 'module hooks' },
  { file: /[\\/]node_modules[\\/](.*[\\/])?thread-stream[\\/]/, helper: 'logging (thread-stream)' },
  { file: /[\\/]node_modules[\\/](.*[\\/])?synckit[\\/]/, helper: 'synchronous bridge (synckit)' },
];

/** What the thread is for, by the outermost library frame of its stack; null for a thread of the application. */
export function helperOf(stack: readonly RawFrame[], title: string | null): string | null {
  if (title?.includes('internal/modules/esm/worker') === true) return 'module hooks';
  for (const frame of stack) {
    const known = HELPERS.find(({ file }) => frame.file !== null && file.test(frame.file));
    if (known !== undefined) return known.helper;
  }
  return null;
}
