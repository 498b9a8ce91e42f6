// Prevents a picture in the README that the page has long ceased to look like: runs the real service, sends it the demo's
// log as that of a few minutes, opens the page in a real browser, and takes its picture in both schemes.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { busyMinute } from '../dist/cli/demo/busy-minute.js';
import { browserOptions } from './find-browser.mjs';
import { root } from './prepare.mjs';

const RESOLUTION_SECONDS = 5;

/** Seconds ago at which the demo's minute begins, again and again: an app that is busier. Lines older than five minutes are late. */
const BEGINNINGS = [
  268, 263, 259, 251, 242, 231, 225, 221, 214, 207, 199, 190, 186, 171, 163, 154, 150, 139, 133, 126, 118, 112, 105, 99,
  93, 88, 77, 69, 65, 62,
];

/** What the platform samples of itself now and then, which makes no picture. */
const LEFT_OUT = /source=DATABASE|sample#(load|memory)/;

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
  for (const ago of BEGINNINGS) {
    for (const slot of busyMinute(end - ago, RESOLUTION_SECONDS)) {
      const lines = slot.body.toString().split(/(?<=\n)/);
      const body = lines.filter((line) => !LEFT_OUT.test(line)).join('');
      await ask({ method: 'POST', body, headers: { ...headers, 'content-type': 'application/logplex-1' } });
    }
  }
  while ((await ask({})).windowsWaiting > 0) await new Promise((done) => setTimeout(done, 50));
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
