/** A client in a process of its own, without any preload: its CPU time is not the measured process's. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts a client of `port`. Returns a function that has it do so many operations. */
export function startClient(file, port) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  return (count) =>
    new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error('the client ended')));
      child.stdout.once('data', () => {
        child.removeAllListeners('exit');
        resolve();
      });
      child.stdin.write(`${count}\n`);
    });
}
