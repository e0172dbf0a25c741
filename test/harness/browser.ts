/** A page in a real, headless Chromium, and everything that it should not do: requests, errors, messages on its console. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** A loaded machine draws slowly. */
const LONGEST_WAIT_MS = 60_000;

/** `CHROMIUM_PATH`, that of Debian, or what playwright has installed; null where there is none. */
export function findChromium(): string | null {
  const candidates = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', chromium.executablePath()];
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;
}

/** Why tests in a browser are skipped; false where there is a browser. */
export const NO_BROWSER = findChromium() === null ? 'no Chromium here: set CHROMIUM_PATH to one' : false;

export function launchChromium(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: findChromium() ?? '', args });
}

export interface OpenPage {
  page: Page;
  /** Addresses asked for, that of the file itself not among them; `data:` addresses ask nobody. */
  requests: string[];
  /** Errors, warnings and refusals of the policy, as the console tells them. */
  complaints: string[];
}

/** Opens the HTML from a file of its own, runs `look`, and closes everything, the file too. */
export async function withPage(
  browser: Browser,
  html: string,
  options: BrowserContextOptions,
  look: (opened: OpenPage) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'guru-meditation-page-'));
  const context = await browser.newContext(options);
  try {
    const file = join(folder, 'report.html');
    writeFileSync(file, html);
    const page = await context.newPage();
    page.setDefaultTimeout(LONGEST_WAIT_MS);
    const opened: OpenPage = { page, requests: [], complaints: [] };
    const address = pathToFileURL(file).href;
    page.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('data:')) opened.requests.push(request.url());
    });
    page.on('console', (message) => opened.complaints.push(message.text()));
    page.on('pageerror', (error) => opened.complaints.push(error.message));
    page.on('dialog', (dialog) => {
      opened.complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(address);
    await look(opened);
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
