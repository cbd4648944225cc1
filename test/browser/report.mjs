// Opens an HTML report in a real browser and uses it as a reader would. Prints
// what it saw as JSON; any error on the page ends it with exit code 1.
//
//	node report.mjs REPORT.html [SCREENSHOT.png]
import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';
import { existsSync } from 'node:fs';

const [report, picture] = process.argv.slice(2);
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const faults = [];
const requests = [];
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
  page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') faults.push(m.text()); });
  page.on('pageerror', (e) => faults.push(String(e)));
  page.on('request', (r) => requests.push(r.url()));
  await page.goto(pathToFileURL(report).href);
  const seen = await page.evaluate(() => ({
    title: document.title,
    text: document.body.innerText,
    cases: document.querySelectorAll('tr[data-case]').length,
    wide: document.documentElement.scrollWidth,
  }));
  const filter = page.locator('input[type=search]');
  let filtered = -1;
  if (await filter.count()) {
    await filter.fill('no such thing anywhere');
    filtered = await page.locator('tr[data-case]:visible').count();
    await filter.fill('');
  }
  const visible = await page.locator('tr[data-case]:visible').count();
  if (picture) await page.screenshot({ path: picture, fullPage: true });
  await page.setViewportSize({ width: 400, height: 900 });
  const narrow = await page.evaluate(() => document.documentElement.scrollWidth);
  console.log(JSON.stringify({ ...seen, filtered, visible, narrow, faults, requests: requests.filter((u) => !u.startsWith('file:')) }));
} finally {
  await browser.close();
}
process.exit(faults.length ? 1 : 0);
