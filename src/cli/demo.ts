/** `gmr demo`: a service that hangs the way services do, and the report it gives of itself. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { GuruError } from '../errors.js';
import { packageFolder } from '../packageFolder.js';
import { EXIT, readWords, type Command } from './command.js';

/** The service ends by itself after some 4 s; this is for the case that it does not. */
const BOUND_MS = 20_000;

export const demo: Command = {
  takes: '',
  summary: 'Start a service with a hung worker, and print the report it gives of itself',
  options: {},
  run: runDemo,
};

async function runDemo(words: string[]): Promise<number> {
  const { positionals } = readWords('demo', demo, words);
  if (positionals.length > 0)
    throw new GuruError('GMR_USAGE', `demo: expected no arguments, got ${positionals.join(' ')}`);
  const child = spawn(process.execPath, ['-r', fileOf('register.cjs'), fileOf('demo-service.js')], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, GMR_SERVICE_NAME: 'billing-api', GMR_FORMAT: process.env['GMR_FORMAT'] ?? 'text' },
  });
  child.stderr.pipe(process.stdout);
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), BOUND_MS);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? EXIT.done : EXIT.failed);
    });
  });
}

function fileOf(name: string): string {
  return join(packageFolder() ?? '', name);
}
