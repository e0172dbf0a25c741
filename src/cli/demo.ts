/** `gmr demo`: a service that hangs the way services do, and the report it gives of itself. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { clearTimeout, setTimeout } from 'node:timers';
import { GuruError } from '../errors.js';

/** The service ends by itself after some 4 s; this is for the case that it does not. */
const BOUND_MS = 20_000;

/** Runs the demo and prints its report on stdout; 0 when there was one. */
export function demo(args: string[]): Promise<number> {
  if (args.length > 0) throw new GuruError('GMR_USAGE', `demo: expected no arguments, got ${args.join(' ')}`);
  const child = spawn(process.execPath, ['-r', fileOf('register.cjs'), fileOf('demo-service.js')], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, GMR_SERVICE_NAME: 'billing-api', GMR_FORMAT: process.env['GMR_FORMAT'] ?? 'text' },
  });
  child.stderr.pipe(process.stdout);
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), BOUND_MS);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? 0 : 1);
    });
  });
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
