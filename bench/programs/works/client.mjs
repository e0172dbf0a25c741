/** A client in a process of its own, without any preload: its CPU time is not the measured process's. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onCore } from '../../harness/cores.mjs';

/** Starts a client of `port`. Returns a function that has it do so many operations. */
export function startClient(file, port) {
  const { BENCH_CLIENT_CORE: core = null } = process.env;
  const client = [process.execPath, fileURLToPath(new URL(file, import.meta.url)), String(port)];
  const [program, ...words] = onCore(core, client);
  const child = spawn(program, words, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  return (count) =>
    new Promise((resolve, reject) => {
      const fail = () => reject(new Error('the client ended'));
      if (child.exitCode !== null) return fail();
      child.once('exit', fail);
      child.stdout.once('data', () => {
        child.off('exit', fail);
        resolve();
      });
      child.stdin.write(`${count}\n`);
    });
}
