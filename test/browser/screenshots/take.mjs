/**
 * The pictures that the README shows, of the demo's report: `npm run screenshots`. Needs a Chromium (`CHROMIUM_PATH`, or
 * that of Debian), and writes beside this file.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { render } from '../../../dist/index.js';
import { smallerPng } from './smallerPng.mjs';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const BOUND_MS = 60_000;
const WIDTH = 1160;

function demoReport() {
  const env = { ...process.env, GMR_FORMAT: 'json' };
  const options = { cwd: ROOT, env, encoding: 'utf8', timeout: BOUND_MS, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = spawnSync(process.execPath, ['dist/gmr.js', 'demo'], options);
  return JSON.parse(stdout);
}

async function take(browser, address, name, { colorScheme, width, until }) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  await page.goto(address);
  const end = await page.locator(until).evaluate((node) => node.getBoundingClientRect().top);
  await page.setViewportSize({ width, height: Math.round(end) });
  writeFileSync(join(import.meta.dirname, name), smallerPng(await page.screenshot()));
  await page.close();
}

const folder = mkdtempSync(join(tmpdir(), 'guru-meditation-screenshots-'));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  const file = join(folder, 'report.html');
  writeFileSync(file, render(demoReport(), 'html'));
  const address = pathToFileURL(file).href;
  for (const colorScheme of ['light', 'dark'])
    await take(browser, address, `report-${colorScheme}.png`, {
      colorScheme,
      width: WIDTH,
      until: '#tasks',
    });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
