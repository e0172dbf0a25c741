/** Buttons that copy. */

const SAID_MS = 1500;

/** Makes every button that copies a stack work, also those that are added later. */
export function copyFrom(root: Document): void {
  root.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-copy="stack"]') : null;
    const stack = button?.closest('.stack');
    if (button instanceof HTMLElement && stack != null) void copy(stackText(stack), button);
  });
}

/** Puts the text on the clipboard and says so on the button. */
export async function copy(text: string, button: HTMLElement): Promise<void> {
  const name = button.textContent;
  button.textContent = (await isCopied(text)) ? 'Copied' : 'Not allowed here';
  setTimeout(() => (button.textContent = name), SAID_MS);
}

/** `function  place` a line, the line of source below it: what the text report prints, unfolded. */
function stackText(stack: Element): string {
  const lines = [...stack.querySelectorAll('.frame')].flatMap((frame) => {
    const [name, place, source] = ['.function', '.place', '.source'].map(
      (part) => frame.querySelector(part)?.textContent,
    );
    const line = [name, place].filter((text) => text != null).join('  ');
    return source == null ? [line] : [line, `    \`${source}\``];
  });
  return `${lines.join('\n')}\n`;
}

async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return isCopiedBySelection(text);
  }
}

/** Pages that came by plain HTTP have no clipboard of their own; a selection can still be copied. */
function isCopiedBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.className = 'off-screen';
  document.body.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } finally {
    area.remove();
  }
}
