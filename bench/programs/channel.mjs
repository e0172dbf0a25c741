/** The measured process's end of `harness/program.mjs`. */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const ANSWERS = 3;

/** Answers the last command; the first answer of all says that the program is ready. */
export function tell(answer) {
  writeSync(ANSWERS, `${JSON.stringify(answer ?? null)}\n`);
}

/** Does what it is told, one command after the other, and says that it is ready. */
export function serve(commands, ready = null) {
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [name, argument] = JSON.parse(line);
    try {
      tell(await commands[name](argument));
    } catch (error) {
      tell({ error: String(error?.stack ?? error) });
    }
  });
  tell(ready);
}
