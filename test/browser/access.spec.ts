import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { until } from '../e2e/process.js';
import { card, type Drain, drawn, Surroundings, troubleOf } from './surroundings.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SCHEMES = ['light', 'dark'] as const;

/** What axe finds in a page as it is. */
async function findings(page: Page): Promise<string[]> {
  // Not as a script of the page: its policy lets in none.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html }) => `${impact}: ${id} at ${html}`));
}

describe('the page, for everyone', () => {
  let surroundings: Surroundings;
  let drain: Drain;

  beforeAll(async () => {
    surroundings = await Surroundings.start();
    drain = surroundings.drain();
    await drain.send(
      Array.from({ length: 20 }, (_, i) => [
        i + 3,
        `source=web.1 measure#db.latency=${i + 1}ms count#orders=${i} sample#queue.depth=${i * 2} measure#odd=x`,
      ]),
    );
    await drain.delivered(20);
  }, 60_000);

  afterAll(() => Surroundings.stopAll());

  /** Goes through all views; calls back in each. */
  async function eachView(
    options: BrowserContextOptions,
    look: (page: Page, view: string) => Promise<void>,
  ): Promise<void> {
    const page = await surroundings.open(options);
    await look(page, 'the form');
    await page.getByRole('tab', { name: 'Drain builder' }).click();
    await page.getByRole('radio', { name: /^OTLP/ }).check();
    await page.getByLabel('Fill in for').selectOption('Datadog');
    await page.locator('.metrics').waitFor();
    await look(page, 'the builder');
    await page.getByRole('tab', { name: 'Charts' }).click();
    await drain.paste(page);
    await drawn(page, 'orders');
    await page.locator('.strip summary').click();
    await look(page, 'the charts');
    await page.getByRole('button', { name: 'Forget drain' }).click();
    await surroundings.drain().paste(page);
    await page.getByRole('heading', { name: 'Nothing came yet' }).waitFor();
    await look(page, 'nothing yet');
    expect(troubleOf(page)).toEqual([]);
    await page.context().close();
  }

  it.each(SCHEMES)('has nothing that axe objects to, in the %s scheme', async (colorScheme) => {
    await eachView({ colorScheme }, async (page, view) => expect([view, ...(await findings(page))]).toEqual([view]));
  });

  it('is dark where that is preferred, the charts too', async () => {
    const page = await surroundings.open({ colorScheme: 'dark' });
    await drain.paste(page);
    await drawn(page, 'orders');
    const brightness = (): Promise<[number, number]> =>
      page.evaluate(() => {
        const channels = (color: string): number => {
          const [r, g, b] = color.match(/\d+/g)!.map(Number);
          return r! + g! + b!;
        };
        const canvas = document.querySelector<HTMLCanvasElement>('.measure canvas')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        let brightest = 0;
        for (let i = 0; i < data.length; i += 4)
          if (data[i + 3] === 255) brightest = Math.max(brightest, data[i]! + data[i + 1]! + data[i + 2]!);
        return [channels(getComputedStyle(document.documentElement).backgroundColor), brightest];
      });
    const [paper, ink] = await brightness();
    expect(paper).toBeLessThan(120);
    await page.emulateMedia({ colorScheme: 'light' });
    await until(async () => (await brightness())[1] < ink, 'the charts are drawn in the other colours');
    expect((await brightness())[0]).toBeGreaterThan(700);
    await page.context().close();
  });

  it.each([360, 768, 1920])('fits into a window %i px wide', async (width) => {
    await eachView({ viewport: { width, height: 740 } }, async (page, view) => {
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([view, overflow]).toEqual([view, 0]);
    });
  });

  it('is used by keyboard alone', async () => {
    const page = await surroundings.open();
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: element } = document;
        const outlined = getComputedStyle(element!).outlineStyle;
        return [element!.getAttribute('aria-label') ?? element!.textContent ?? '', outlined];
      });
    await page.keyboard.press('Tab');
    expect((await focused())[0]).toBe('Skip to the content');
    await page.keyboard.press('Tab');
    expect(await focused()).toEqual(['Charts', 'solid']);
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'Build a drain URL' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Tab');
    await page.keyboard.insertText(drain.url);
    await page.keyboard.press('Enter');
    await drawn(page, 'orders');
    const reached: string[] = [];
    for (let i = 0; i < 12 && !reached.at(-1)?.startsWith('Chart of queue.depth'); i++) {
      await page.keyboard.press('Tab');
      reached.push((await focused())[0]!);
    }
    expect(reached.filter((name) => name.startsWith('Chart of')).map((name) => name.split(',')[0])).toEqual([
      'Chart of db.latency',
      'Chart of orders',
      'Chart of queue.depth',
    ]);
    await page.keyboard.press('Home');
    await page.keyboard.press('End');
    await until(async () => (await page.locator('.card.hovered').count()) === 3, 'the cursor is in all charts');
    await page.keyboard.press('Escape');
    await until(async () => (await page.locator('.card.hovered').count()) === 0, 'the latest values are back');
    await page.context().close();
  });

  it('has charts that say their latest values to who does not see them', async () => {
    const page = await surroundings.open();
    await drain.paste(page);
    await drawn(page, 'orders');
    const label = await card(page, 'db.latency').getByRole('img').getAttribute('aria-label');
    expect(label).toMatch(
      /^Chart of db\.latency, source web\.1 \(measure\)\. Latest: \d\d:\d\d:\d\d · 1 value: median 1\u202fms, p95 1\u202fms, p99 1\u202fms$/,
    );
    expect(await page.getByRole('status').first().textContent()).toBe('3 series, live');
    await page.context().close();
  });
});
