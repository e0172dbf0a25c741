import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test, type TestOptions } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Report } from '../../src/report/types.js';
import { renderHtml } from '../../src/view/html/html.js';
import { contrastOf, PAINTED_TEXTS, type PaintedText } from './contrast.js';
import { launchChromium, NO_BROWSER, withPage } from '../harness/browser.js';
import { at, group, nodeFrame, sampleReport, thread } from '../report/sample.js';

const BOUND: TestOptions = { timeout: 100_000, skip: NO_BROWSER };
const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let browser: Browser | null = null;
before(async () => {
  if (NO_BROWSER === false) browser = await launchChromium();
});
after(() => browser?.close());

function chromium(): Browser {
  assert.ok(browser);
  return browser;
}

/** 100 threads, 5,000 groups with 100,000 ids. */
function bigReport(): Report {
  const report = sampleReport();
  const workers = Array.from({ length: 95 }, (_, index) =>
    thread(index + 5, { stack: [at(`job${index}`, `src/jobs/job${index}.ts`, index + 1)] }),
  );
  report.threads.push(...workers);
  report.tasks.groups = Array.from({ length: 5000 }, (_, index) =>
    group(`g${index}`, {
      type: index % 10 === 0 ? 'Timeout' : 'await',
      count: (index * 7919) % 100,
      threadIds: [index % 100],
      awaitStack: [
        at(`wait${index}`, `src/waits/${index % 70}.ts`, index + 1, { async: true, kind: 'await' }),
        at(`route${index % 90}`, 'src/routes.ts', index % 90, { async: true, kind: 'await' }),
        nodeFrame('processTicksAndRejections', 95),
      ],
      ids: Array.from({ length: 20 }, (_id, id) => index * 20 + id),
    }),
  );
  return report;
}

/** How far the page is wider than its window; a table that does not fit shows here. */
function overhang(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
}

test(
  'a big report opens from a file without a request and without a complaint, and filters its tasks',
  BOUND,
  async () => {
    await withPage(chromium(), renderHtml(bigReport()), DESKTOP, async ({ page, requests, complaints }) => {
      assert.match(await page.title(), /^STUCK worker 3/);
      const rows = page.locator('#task-rows > li');
      assert.equal(await rows.count(), 50);
      assert.match(await page.locator('#tasks-count').innerText(), /^5000 groups/);

      await page.getByLabel('Filter tasks').first().waitFor();
      await page.locator('#tasks-filter').fill('wait4321 routes.ts');
      assert.equal(await rows.count(), 1);
      assert.match(await rows.innerText(), /wait4321/);
      await page.locator('#tasks-filter').fill('');
      await page.locator('#tasks-type').selectOption('Timeout');
      assert.match(await page.locator('#tasks-count').innerText(), /^500 of 5000 groups/);
      await page.locator('#tasks-thread').selectOption({ label: 'worker 3' });
      assert.match(await page.locator('#tasks-count').innerText(), /^0 of 5000 groups/);
      await page.locator('#tasks-thread').selectOption({ label: 'all threads' });
      await page.locator('#tasks-next').click();
      assert.equal(await page.locator('#tasks-page').innerText(), '51 to 100');

      assert.deepEqual([requests, complaints], [[], []]);
    });
  },
);

test('of many threads the worst come first, and all of them are found', BOUND, async () => {
  await withPage(chromium(), renderHtml(bigReport()), DESKTOP, async ({ page, complaints }) => {
    const shown = page.locator('#thread-rows > li:visible');
    assert.match(await shown.first().innerText(), /worker 3/);
    assert.ok((await shown.count()) < 100);
    await page.locator('#threads-filter').fill('job77');
    assert.equal(await shown.count(), 1);
    assert.match(await page.locator('#threads-count').innerText(), /^1 of 100/);
    await page.locator('#threads-filter').fill('');
    await page.locator('#threads-more').click();
    assert.equal(await shown.count(), 100);
    assert.deepEqual(complaints, []);
  });
});

test('rows unfold by mouse and by keyboard, and folded frames unfold in them', BOUND, async () => {
  await withPage(chromium(), renderHtml(sampleReport()), DESKTOP, async ({ page }) => {
    const first = page.locator('#thread-rows > li').first();
    assert.equal(await first.getByText('layoutPage', { exact: true }).isVisible(), false);
    await first.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    await first.getByText('layoutPage', { exact: true }).waitFor();
    await first.getByText('4 node: frames').click();
    assert.equal(await first.getByText('processTicksAndRejections').count(), 4);
    await first.getByText('processTicksAndRejections').first().waitFor();
  });
});

test('a stack is copied whole, frames that are folded among it', BOUND, async () => {
  const options = { ...DESKTOP, permissions: ['clipboard-read', 'clipboard-write'] };
  await withPage(chromium(), renderHtml(sampleReport()), options, async ({ page, complaints }) => {
    const first = page.locator('#thread-rows > li').first();
    await first.locator('summary').first().click();
    await first.getByRole('button', { name: 'Copy stack' }).first().click();
    await first.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = String(await page.evaluate('navigator.clipboard.readText()')).split('\n');
    assert.deepEqual(copied.slice(0, 3), [
      'renderTable  src/pdf/table.ts:118',
      '    `while (y < page.bottom) {`',
      'layoutPage  src/pdf/layout.ts:64',
    ]);
    assert.equal(copied.filter((line) => line.startsWith('processTicksAndRejections')).length, 4);
    assert.deepEqual(complaints, []);
  });
});

test('the JSON is saved as it is in the page', BOUND, async () => {
  const report = sampleReport();
  await withPage(chromium(), renderHtml(report), DESKTOP, async ({ page, complaints }) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#save').click()]);
    assert.equal(download.suggestedFilename(), `${report.report.id}.json`);
    assert.deepEqual(JSON.parse(readFileSync(await download.path(), 'utf8')), report);
    assert.deepEqual(complaints, []);
  });
});

test(
  'awaits are a tree: a call is as wide as its tasks, selecting it brings it closer, Escape goes back',
  BOUND,
  async () => {
    await withPage(chromium(), renderHtml(sampleReport()), DESKTOP, async ({ page, complaints }) => {
      const cell = (name: string) => page.locator('#awaits button').filter({ hasText: name });
      const width = async (name: string): Promise<number> => (await cell(name).boundingBox())?.width ?? 0;
      const whole = await width('all awaits');
      assert.ok((await width('render')) > whole * 0.9);
      assert.match(String(await cell('render').getAttribute('aria-label')), /512 of 513 tasks/);
      await cell('render').click();
      assert.match(await page.locator('#awaits .chart-detail').innerText(), /render.*512 of 513 tasks, thread 0/);
      assert.equal(await width('render'), whole);
      await page.mouse.move(0, 0);
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Escape');
      assert.match(await page.locator('#awaits .chart-detail').innerText(), /^all awaits/);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      assert.equal(await page.locator('#awaits [aria-current]').count(), 1);
      await cell('render').click();
      await page.getByRole('button', { name: 'List its tasks' }).click();
      assert.match(await page.locator('#tasks-count').innerText(), /^1 of 4 groups, 512 tasks/);
      assert.equal(await page.locator('#hot button').filter({ hasText: 'renderTable' }).count(), 1);
      assert.deepEqual(complaints, []);
    });
  },
);

test('names that are code, markup or templates are shown and never run', BOUND, async () => {
  const names = [
    '<script>window.ran = 1</script>',
    '</script><script>window.ran = 2</script>',
    '"><img src=x onerror="window.ran = 3">',
    '{{window.ran = 4}}',
    '${window.ran = 5}',
    'javascript:window.ran=6',
    '</style><svg onload=window.ran=7>',
    '--><!--<script>',
  ];
  const report = sampleReport();
  report.threads.unshift(
    ...names.map((name, index) =>
      thread(100 + index, { name, pool: name, stack: [at(name, `/srv/billing/${name}`, 1, { source: name })] }),
    ),
  );
  report.tasks.groups.unshift(
    ...names.map((name, index) =>
      group(`x${index}`, {
        type: name,
        count: 900,
        awaitStack: [at(name, `/srv/billing/${name}`, 1)],
        labels: { [name]: name },
        waitsFor: { kind: 'other', what: name },
      }),
    ),
  );
  report.process.serviceName = names.join(' ');
  report.sections.push({ title: names.join(' '), data: { [names.join(' ')]: names }, error: null });
  await withPage(chromium(), renderHtml(report), DESKTOP, async ({ page, requests, complaints }) => {
    for (const summary of await page.locator('summary:visible').all()) await summary.click();
    for (const name of names) await page.locator('#task-rows').getByText(name).first().waitFor();
    await page.locator('#tasks-filter').fill(names[0] ?? '');
    await page.locator('#awaits button').nth(1).click();
    assert.equal(await page.evaluate('window.ran'), undefined);
    assert.equal(await page.locator('img, main script, main style, [onerror], [onload]').count(), 0);
    assert.deepEqual([requests, complaints], [[], []]);
  });
});

test('on a phone nothing is wider than the screen, folded or not, in light and in dark', BOUND, async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await withPage(chromium(), renderHtml(bigReport()), { ...PHONE, colorScheme }, async ({ page }) => {
      assert.equal(await overhang(page), 0);
      await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
      assert.equal(await overhang(page), 0);
    });
  }
});

/** Selects whose words, and buttons whose text, have less room than they take by themselves. */
const SQUEEZED = `[...document.querySelectorAll('select, button')].filter((one) => {
  if (one.getClientRects().length === 0) return false;
  const alone = one.cloneNode(one.tagName === 'BUTTON');
  if (one.tagName === 'SELECT') alone.append(one.selectedOptions[0].cloneNode(true));
  alone.style.cssText = 'position: absolute; width: max-content';
  one.after(alone);
  const room = one.getBoundingClientRect().width - alone.getBoundingClientRect().width;
  alone.remove();
  return room < -0.5;
}).map((one) => one.textContent.slice(0, 40))`;

test('on a phone every button and every choice has room for its words', BOUND, async () => {
  const small = { ...PHONE, viewport: { width: 360, height: 740 } };
  await withPage(chromium(), renderHtml(bigReport()), small, async ({ page }) => {
    await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
    assert.deepEqual(await page.evaluate(SQUEEZED), []);
    const chip = await page.locator('.chip', { hasText: 'spinning' }).first().textContent();
    assert.equal(chip, 'spinning 41\u00a0s');
  });
});

test('without scripts the verdicts, all threads and the first tasks can still be read', BOUND, async () => {
  await withPage(chromium(), renderHtml(bigReport()), { ...DESKTOP, javaScriptEnabled: false }, async ({ page }) => {
    await page.getByText('worker 3 of pool pdf-render, for 41 s').first().waitFor();
    assert.equal(await page.locator('#thread-rows > li:visible').count(), 100);
    assert.equal(await page.locator('#task-rows > li:visible').count(), 20);
    assert.equal(await page.locator('button:visible, input:visible, select:visible').count(), 0);
    await page.getByText('need scripts to be shown here').waitFor();
    const first = page.locator('#thread-rows > li').first();
    await first.locator('summary').first().click();
    await first.getByText('layoutPage', { exact: true }).waitFor();
  });
});

test('contrast is that of WCAG: 21 for black on white, 1 for a color on itself', () => {
  assert.equal(contrastOf({ text: '', color: [0, 0, 0], ground: [255, 255, 255] }), 21);
  assert.equal(contrastOf({ text: '', color: [9, 99, 199], ground: [9, 99, 199] }), 1);
  assert.equal(contrastOf({ text: '', color: [119, 119, 119], ground: [255, 255, 255] }).toFixed(2), '4.48');
});

test('texts stand out from their ground as much as WCAG AA asks for, in both schemes', BOUND, async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await withPage(chromium(), renderHtml(sampleReport()), { ...DESKTOP, colorScheme }, async ({ page }) => {
      await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
      const texts = await page.evaluate<PaintedText[]>(PAINTED_TEXTS);
      assert.ok(texts.length > 50, String(texts.length));
      assert.deepEqual(
        texts.filter((text) => contrastOf(text) < 4.5),
        [],
        colorScheme,
      );
    });
  }
});
