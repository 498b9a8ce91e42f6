import { afterAll, describe, expect, it } from '@jest/globals';
import { chromium, type Locator, type Page } from 'playwright-core';
import { browserOptions } from '../../scripts/find-browser.mjs';
import { shortNumber } from '../../src/page/browser/format.js';
import { L2met, until } from '../e2e/process.js';
import { printedRows } from './printed.js';
import { drawn } from './surroundings.js';

/** A window of the demo, ms, and what it has when it is delivered. */
const WINDOW_MS = 5_000;

/** The card of a series. */
function cardOf(page: Page, name: string, source: string): Locator {
  const heading = page.getByRole('heading', { name, exact: true });
  return page.locator('.card').filter({ has: heading }).filter({ hasText: source });
}

/** The last address of its page that the demo gave. */
function lastAddress(demo: L2met): string | undefined {
  return [...demo.stdout.matchAll(/^Charts of this run .*: (http:\S+#\S+)$/gm)].at(-1)?.[1];
}

describe('npm run demo', () => {
  const browser = chromium.launch(browserOptions());
  afterAll(async () => (await browser).close());

  it(
    'ends with an address that opens its charts, once: they move, and say what the console said',
    async () => {
      const demo = L2met.run(['demo']);
      const address = await until(
        () => lastAddress(demo),
        'the page has an address',
        () => demo.stderr,
      );
      const drainUrl = / {2}(http:\/\/(\S+)@\S+)$/m.exec(demo.stdout)!;
      expect(address).not.toContain(drainUrl[2]);
      const context = await (await browser).newContext();
      const page = await context.newPage();
      await page.goto(address);
      await drawn(page, 'jobs.done');
      expect(new URL(page.url()).hash).toBe('');
      await cardOf(page, 'db.latency', 'web.1').locator('canvas').waitFor();

      // The window that each chart shows last, until that has changed twice.
      const seen = new Map<string, string[]>();
      const shown = cardOf(page, 'db.latency', 'web.2');
      await until(async () => {
        // At once: it may move on between two questions.
        const [time, ...numbers] = await shown.evaluate((card) =>
          ['.time', '.readout b'].flatMap((part) =>
            Array.from(card.querySelectorAll(part), (node) => node.textContent),
          ),
        );
        seen.set(time!, numbers);
        return seen.size >= 3;
      }, 'charts move');
      const timeOf = (seconds: number) =>
        page.evaluate((at) => new Date(at).toLocaleTimeString('en-GB'), seconds * 1000);
      const printed = new Map<string, string[]>();
      for (const { start, cells } of printedRows(demo.stdout)) {
        if (cells['name'] !== 'db.latency' || cells['source'] !== 'web.2') continue;
        const numbers = [cells['median'], cells['p95'], cells['p99']].map(
          (text) => `${shortNumber(Number(text))}\u202fms`,
        );
        printed.set(
          `${await timeOf(start)} · ${cells['count']} ${cells['count'] === '1' ? 'value' : 'values'}`,
          numbers,
        );
      }
      for (const [time, numbers] of seen) expect([time, numbers]).toEqual([time, printed.get(time)]);

      const again = await context.newPage();
      await again.goto(address);
      await again
        .getByText(/was used|no more|once/)
        .first()
        .waitFor();
      await until(() => lastAddress(demo) !== address, 'another address is given');
      expect((await demo.stop('SIGINT')).code).toBe(0);
    },
    60_000 + 4 * WINDOW_MS,
  );
});
