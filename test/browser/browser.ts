import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Names under which a Chromium is installed. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Starts a real browser: `CHROMIUM`, or the one that is installed. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findBrowser(),
    // Chromium's sandbox refuses to work for root, as whom CI runs.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

function findBrowser(): string {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const places = [
    process.env['CHROMIUM'] ?? '',
    ...NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))),
    ...ELSEWHERE,
  ];
  const found = places.find((place) => place !== '' && existsSync(place));
  if (found === undefined) throw new Error('no Chromium is installed: set CHROMIUM to where one is');
  return found;
}
