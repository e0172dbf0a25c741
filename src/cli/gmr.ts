/** The command `gmr`: finds the subcommand and runs it. Errors are one line on stderr with their code. */
import { GuruError, messageOf } from '../errors.js';
import { EXIT, helpOf, type Command } from './command.js';
import { demo } from './demo.js';
import { check } from './check.js';
import { diff } from './diff.js';
import { dump } from './dump.js';
import { ps } from './ps.js';
import { VERSION } from '../coordinator/version.js';
import { writeAll, writeError } from './output.js';
import { run } from './run.js';
import { show } from './show.js';
import { tree } from './tree.js';
import { watch } from './watch.js';

const COMMANDS: Record<string, Command> = { dump, ps, tree, check, show, diff, watch, run, demo };

async function main([name, ...words]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    writeAll(usage());
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  if (name === '--version') {
    writeAll(`${VERSION}\n`);
    return EXIT.done;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    throw new GuruError('GMR_USAGE', `expected one of ${Object.keys(COMMANDS).join(', ')}, got ${name}`);
  if (asksForHelp(words)) {
    writeAll(helpOf(name, command));
    return EXIT.done;
  }
  return command.run(words);
}

/** What stands behind `--` belongs to somebody else's command. */
function asksForHelp(words: readonly string[]): boolean {
  const ours = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  return ours.includes('--help') || ours.includes('-h');
}

function usage(): string {
  const rows = Object.entries(COMMANDS).map(([name, { takes, summary }]) => [
    `gmr ${name} ${takes}`.trimEnd(),
    summary,
  ]);
  const width = Math.max(...rows.map(([call = '']) => call.length)) + 2;
  const lines = rows.map(([call = '', summary]) => `  ${call.padEnd(width)}${summary}`);
  return ['Usage: gmr <command> [options]', '', ...lines, '', 'gmr <command> --help tells its options.', ''].join('\n');
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const code = error instanceof GuruError ? error.code : 'GMR_INSTALL';
    writeError(messageOf(error), code);
    process.exitCode = code === 'GMR_USAGE' ? EXIT.usage : EXIT.failed;
  },
);
