/**
 * One that attaches at a time. Two would open and close the inspector of a process under each other's hands: reports came
 * out half read, and a process of Node 26 ended by SIGSEGV, 2 times in 60.
 *
 * Who has the turn listens on a socket in the kernel's abstract namespace (unix(7)): no folder has it, and it goes with its
 * process, however that ends. The namespace is that of the network, which is the same for all who can attach.
 */
import { createServer, type Server } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { readStatus } from '../procfs.js';
import { refused, type Target } from './target.js';

/** Twice what a report takes at the latest with the default deadline, ms. */
const LONGEST_MS = 26_000;
const STEP_MS = 50;

interface Waiting {
  signal?: AbortSignal | undefined;
  onStep?: ((step: string) => void) | undefined;
}

/**
 * Waits until nobody else attaches to the process; what it gives ends the turn.
 * @throws {GuruError} `GMR_TARGET` when others take too long. The reason of `signal` when that is aborted.
 */
export async function takeTurn(target: Target, { signal, onStep }: Waiting): Promise<() => void> {
  const name = nameOf(target);
  const until = performance.now() + LONGEST_MS;
  let turn = await listen(name);
  if (turn === 'taken') onStep?.(`waits for somebody else who reads process ${target.pid}`);
  while (turn === 'taken') {
    if (performance.now() > until) throw refused(target.pid, 'somebody else attaches to it all the time');
    await setTimeout(STEP_MS, undefined, { signal });
    turn = await listen(name);
  }
  const server = turn;
  return () => server?.close();
}

/** The number that the process has for itself, since others may see it by another one. */
function nameOf({ pid, startTime }: Target): string {
  return `\0guru-meditation-attach-${readStatus(pid)?.innerPid ?? pid}-${startTime}`;
}

/** Null where there can be no such socket: then nobody waits for anybody. */
function listen(path: string): Promise<Server | 'taken' | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy()).unref();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE' ? 'taken' : null));
    server.listen({ path, exclusive: true }, () => resolve(server));
  });
}
