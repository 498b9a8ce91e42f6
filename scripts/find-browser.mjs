// Prevents the tests and the screenshot from looking for a browser in different places.
import { existsSync } from 'node:fs';
import path from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Where a Chromium is: `CHROMIUM`, or one that is installed; undefined if there is none. */
export function findBrowser() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const places = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [process.env.CHROMIUM ?? '', ...places, ...ELSEWHERE].find((place) => place !== '' && existsSync(place));
}

/** How it is started: its sandbox refuses to work for root, as whom CI runs. */
export function browserOptions() {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error('no Chromium is installed: set CHROMIUM to where one is');
  return { executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] };
}
