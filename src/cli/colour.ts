/** Colours for text that a person reads in a terminal: the words at the beginning of lines, and the rules between parts. */
import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Below this a terminal has no colours (`getColorDepth`). */
const BITS_OF_NO_COLOUR = 2;

const STYLES: Readonly<Record<string, Style>> = {
  STUCK: ['bold', 'red'],
  HANGS: ['bold', 'red'],
  MEMORY: ['bold', 'red'],
  WRONG: ['bold', 'red'],
  WAITS: ['bold', 'yellow'],
  SLOW: ['bold', 'yellow'],
  LEAKS: ['bold', 'yellow'],
  GREW: ['bold', 'yellow'],
  OLDER: 'yellow',
  STILL: 'yellow',
  UNREAD: 'yellow',
  FINE: 'green',
  FREED: 'green',
  NEXT: ['bold', 'cyan'],
};

const HEAD_WORD = new RegExp(`^(?:${Object.keys(STYLES).join('|')})(?= )`);
const RULE = /^(?:====|------|-- end)/;

/**
 * Whether what goes to the stream may have colours, as `util.styleText` decides it: `FORCE_COLOR` says so for any stream,
 * else it must be a terminal that has colours and `NO_COLOR` must not forbid them.
 */
export function hasColours(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv = process.env): boolean {
  const { NO_COLOR: forbidden = '', ...others } = environment;
  // An empty NO_COLOR is none (no-color.org), and not all lines of Node.js know that.
  const bits = WriteStream.prototype.getColorDepth(forbidden === '' ? others : environment);
  if (environment['FORCE_COLOR'] !== undefined) return bits > BITS_OF_NO_COLOUR;
  return stream.isTTY === true && bits > BITS_OF_NO_COLOUR;
}

/**
 * The text with its head words and rules in colours, for one that went through a view: there every line is escaped, and no
 * line of the application looks like a rule. Only lines before the first section are looked at for head words.
 */
export function painted(text: string, isColourful: boolean): string {
  if (!isColourful) return text;
  let isFirstScreen = true;
  return text
    .split('\n')
    .map((line) => {
      if (RULE.test(line)) {
        isFirstScreen &&= !/^=+$/.test(line);
        return paint('bold', line);
      }
      return isFirstScreen ? line.replace(HEAD_WORD, (word) => paint(STYLES[word] ?? 'bold', word)) : line;
    })
    .join('\n');
}

/** Whether to paint was asked before; a Node that asks again is told not to. */
function paint(style: Style, text: string): string {
  return styleText(style, text, { validateStream: false });
}
