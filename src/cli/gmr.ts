#!/usr/bin/env node
/** The command `gmr`: finds the subcommand and runs it. Exit codes: 0 done, 1 it failed, 2 the call was wrong. */
import { writeSync } from 'node:fs';
import { GuruError, messageOf } from '../errors.js';
import { demo } from './demo.js';
import { show } from './show.js';

interface Command {
  help: string;
  run(args: string[]): Promise<number>;
}

const COMMANDS: Record<string, Command> = {
  show: {
    help: 'print a stored JSON report: gmr show FILE [--view text|json|xml|summary] [--full] [--sections a,-b]',
    run: show,
  },
  demo: { help: 'start a service with a hung worker and print its report', run: demo },
};

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    writeSync(1, usage());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    throw new GuruError('GMR_USAGE', `expected one of ${Object.keys(COMMANDS).join(', ')}, got ${name}`);
  return command.run(args);
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { help }]) => `  gmr ${name.padEnd(10)} ${help}`);
  return ['Usage: gmr <command> [options]', '', ...lines, ''].join('\n');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const code = error instanceof GuruError ? error.code : 'GMR_INSTALL';
  writeSync(2, `gmr: ${messageOf(error)} (${code})\n`);
  process.exitCode = code === 'GMR_USAGE' ? 2 : 1;
}
