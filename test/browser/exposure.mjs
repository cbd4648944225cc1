// Opens a report of a measured link in a real browser and uses what only such a
// report has: tables, the map of what lies behind, the months. Prints what it
// saw as JSON; any error on the page ends it with exit code 1.
//
//	node exposure.mjs REPORT.html [FOLDER FOR SCREENSHOTS]
import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const [report, pictures] = process.argv.slice(2);
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const faults = [];
const requests = [];
const open = async (options) => {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 }, ...options });
  page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') faults.push(m.text()); });
  page.on('pageerror', (e) => faults.push(String(e)));
  page.on('request', (r) => requests.push(r.url()));
  page.on('dialog', (d) => { faults.push('a dialog: ' + d.message()); d.dismiss(); });
  await page.goto(pathToFileURL(report).href);
  return page;
};
const shot = async (page, name) => { if (pictures) await page.screenshot({ path: join(pictures, name + '.png'), fullPage: true }); };

// boxes are where the containers of the map are, in pixels, as far as they show.
const boxes = (page) => page.evaluate(() => [...document.querySelectorAll('svg.map > svg')]
  .filter((b) => !b.hasAttribute('hidden'))
  .map((b) => { const r = b.querySelector('rect').getBoundingClientRect(); return { name: b.querySelector('title').textContent, area: r.width * r.height, bytes: Number(b.dataset.b), objects: Number(b.dataset.o) }; }));

// share tells whether areas are as the metric says, within a few percent.
const fits = (all, metric) => {
  const area = all.reduce((s, b) => s + b.area, 0), sum = all.reduce((s, b) => s + b[metric], 0);
  return all.every((b) => Math.abs(b.area / area - b[metric] / sum) < 0.02);
};

// contrast is the least contrast of text on the page with what is behind it.
const contrast = (page) => page.evaluate(() => {
  const light = (c) => { const v = c.map((x) => (x / 255 <= 0.03928 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4)); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
  const parse = (s) => { const m = s.match(/[\d.]+/g).map(Number); return { rgb: m.slice(0, 3), a: m[3] ?? 1 }; };
  const behind = (el) => { for (; el; el = el.parentElement) { const c = parse(getComputedStyle(el).backgroundColor); if (c.a === 1) return c.rgb; } return [255, 255, 255]; };
  let least = { ratio: 21, text: '' };
  const look = (el, ink, paper) => { const a = light(ink), b = light(paper), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); if (ratio < least.ratio) least = { ratio, text: el.textContent.slice(0, 60) + ' .' + el.getAttribute('class') }; };
  for (const el of document.querySelectorAll('main p, main td, main th, main span, main b, main dd, main dt, main h3, main h4, main code, header p, header h1, footer p')) {
    if (![...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !el.getClientRects().length) continue;
    look(el, parse(getComputedStyle(el).color).rgb, behind(el));
  }
  for (const t of document.querySelectorAll('svg.map text')) look(t, parse(getComputedStyle(t).fill).rgb, parse(getComputedStyle(t.parentElement.querySelector('rect')).fill).rgb);
  return least;
});

const seen = {};
try {
  let page = await open({});
  await shot(page, 'light');
  seen.text = await page.evaluate(() => document.body.innerText);
  seen.contrast = await contrast(page);
  const finds = page.locator('.tabled', { has: page.getByRole('heading', { name: /^Finds/ }) });
  const first = () => finds.locator('tbody tr').first().locator('td').nth(3).innerText();
  await finds.getByRole('button', { name: 'Count' }).click();
  seen.mostFirst = await first();
  await finds.getByRole('button', { name: 'Count' }).click();
  seen.leastFirst = await first();
  seen.findRows = await finds.locator('tbody tr').count();
  await finds.locator('input').fill('teams export');
  seen.findsLeft = await finds.locator('tbody tr:visible').count();
  seen.told = await finds.locator('output').innerText();
  await finds.locator('input').fill('');

  let all = await boxes(page);
  seen.boxes = all.length;
  seen.byBytes = fits(all, 'bytes');
  await page.getByRole('radio', { name: 'objects' }).check();
  seen.byObjects = fits(await boxes(page), 'objects');
  seen.top = await page.locator('[data-top]').innerText();
  await shot(page, 'objects');
  await page.getByRole('radio', { name: 'bytes' }).check();
  seen.backToBytes = fits(await boxes(page), 'bytes');

  await page.locator('svg.map > svg.full').first().focus();
  await page.keyboard.press('Enter');
  all = await boxes(page);
  seen.zoomed = all.map((b) => b.name);
  await shot(page, 'zoomed');
  await page.keyboard.press('Escape');
  seen.zoomedOut = (await boxes(page)).length;
  await page.locator('svg.map > svg.full').nth(1).click();
  seen.clicked = (await boxes(page)).length;
  await page.getByRole('button', { name: 'All containers' }).click();
  seen.clickedOut = (await boxes(page)).length;
  await page.close();

  page = await open({ colorScheme: 'dark' });
  seen.darkContrast = await contrast(page);
  seen.dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await shot(page, 'dark');
  await page.close();

  page = await open({ viewport: { width: 390, height: 844 } });
  seen.narrow = await page.evaluate(() => document.documentElement.scrollWidth);
  seen.byBytesNarrow = fits(await boxes(page), 'bytes');
  await shot(page, 'phone');
  await page.close();

  page = await open({ javaScriptEnabled: false });
  seen.withoutScripts = await page.locator('svg.map > svg').count();
  seen.deadControls = await page.locator('.filters:visible').count();
  await shot(page, 'without-scripts');
  await page.close();

  page = await open({});
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  seen.printed = await page.evaluate(() => [...document.querySelectorAll('details')].every((d) => d.open));
  await shot(page, 'print');
  console.log(JSON.stringify({ ...seen, faults, requests: requests.filter((u) => !u.startsWith('file:')) }));
} finally {
  await browser.close();
}
process.exit(faults.length ? 1 : 0);
