// Prevents a picture in the README that the page has long ceased to look like: runs the real service, sends it the demo's
// log for a few minutes of the past, opens the page in a real browser, and takes its picture in both schemes.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { busyMinute } from '../dist/cli/demo/busy-minute.js';
import { browserOptions } from './find-browser.mjs';
import { root } from './prepare.mjs';

const RESOLUTION_SECONDS = 5;

/** The demo's minute again and again: what a page shows at first. Lines older than five minutes would be late. */
const MINUTES = 4;

const BYTES_MAX = 200 * 1024;

const SIZE = { width: 1120, height: 760 };

const service = spawn(
  process.execPath,
  [path.join(root, 'dist/main.js'), 'serve', '--port', '0', '--host', '127.0.0.1'],
  {
    env: { PATH: process.env.PATH, TRIAL: 'on', DRAIN_MS: '0', GRACE_MS: '100', LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
let browser;
try {
  const drainUrl = await trialDrain();
  await send(drainUrl);
  browser = await chromium.launch(browserOptions());
  for (const colorScheme of ['light', 'dark']) await take(drainUrl, colorScheme);
} finally {
  await browser?.close();
  service.kill();
}

/** The drain URL that the service prints. */
function trialDrain() {
  return new Promise((resolve, reject) => {
    let output = '';
    service.once('exit', () => reject(new Error('the service did not start')));
    // Read to its end: what is delivered is printed there.
    service.stdout.on('data', (chunk) => {
      output += chunk;
      const [found] = /http:\/\/\S+@\S+\/logs/.exec(output) ?? [];
      if (found) resolve(`${found}?resolution=${RESOLUTION_SECONDS}`);
    });
  });
}

async function send(drainUrl) {
  const { username, origin, pathname, search } = new URL(drainUrl);
  const headers = { authorization: `Bearer ${username}`, accept: 'application/json' };
  const ask = async (options) => (await fetch(`${origin}${pathname}${search}`, { headers, ...options })).json();
  const end = Math.floor(Date.now() / 1000 / RESOLUTION_SECONDS) * RESOLUTION_SECONDS;
  for (let minute = MINUTES; minute > 0; minute--) {
    for (const { body } of busyMinute(end - minute * 60, RESOLUTION_SECONDS)) {
      await ask({ method: 'POST', body, headers: { ...headers, 'content-type': 'application/logplex-1' } });
    }
  }
  const windows = (MINUTES * 60) / RESOLUTION_SECONDS;
  while (((await ask({})).counts.windowsDelivered ?? 0) < windows) await new Promise((done) => setTimeout(done, 50));
}

async function take(drainUrl, colorScheme) {
  const page = await browser.newPage({ viewport: SIZE, colorScheme, reducedMotion: 'reduce', timezoneId: 'UTC' });
  await page.goto(new URL(drainUrl).origin);
  await page.getByLabel('Drain URL', { exact: true }).fill(drainUrl);
  await page.keyboard.press('Enter');
  await page.locator('.card:not(.waits) canvas').nth(5).waitFor();
  const plot = page.locator('.card .u-over').nth(1);
  const { width } = await plot.boundingBox();
  await plot.hover({ position: { x: Math.round(width * 0.62), y: 50 } });
  await page.locator('.card.hovered').nth(5).waitFor();
  const file = path.join(root, `docs/page${colorScheme === 'dark' ? '-dark' : ''}.png`);
  await page.screenshot({ path: file });
  await page.close();
  const { size } = statSync(file);
  process.stdout.write(`${file}: ${size} bytes\n`);
  if (size > BYTES_MAX) throw new Error(`a picture has ${BYTES_MAX} bytes at most`);
}
